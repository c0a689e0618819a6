/** After an account was deleted: nothing its person wrote stays on this device. */

import { forgetAll } from "./store.js";

forgetAll();
