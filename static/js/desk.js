/** The desks: nothing anybody wrote stays on the device when their keeper signs out. */

import { forgetAtSignOut } from "./store.js";

forgetAtSignOut();
