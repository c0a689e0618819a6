/** Pages about an account: times by this reader's clock, and nothing left on the device at sign-out. */

import { showLocalTimes } from "./local-times.js";
import { forgetAtSignOut } from "./store.js";

forgetAtSignOut();
showLocalTimes();
