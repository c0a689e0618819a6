/** This origin's one database on disk (IndexedDB), and its transactions as promises. */

import { uuid4 } from "./uuid.js";

const NAME = "chat";
const VERSION = 2;
const PATIENCE_MS = 3_000; // a disk that answers later counts as none: nobody's words wait for it

const TABLES = {
  words: { keyPath: "order", autoIncrement: true },
  drafts: { keyPath: ["user", "room"] },
  turns: { keyPath: ["user", "room"] },
  wipes: { keyPath: "name" },
};
const LAST = "last";

let opening = null;

/** What `work(transaction)` gives, once it is durable. Rejects where storage is forbidden, full, or does not answer. */
export async function onDisk(mode, work) {
  const database = await open();
  const transaction = database.transaction(Object.keys(TABLES), mode, { durability: "strict" });
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  const [answer] = await inTime(Promise.all([work(transaction), ended]));
  return answer;
}

/** The result of one request of a transaction. */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Nothing anybody wrote stays. */
export function wipeDisk() {
  return onDisk("readwrite", (transaction) => {
    for (const name of Object.keys(TABLES)) transaction.objectStore(name).clear();
    transaction.objectStore("wipes").put({ name: LAST, id: uuid4() });
    transaction.commit?.(); // the page may be on its way out
  });
}

/** The id of the last `wipeDisk`, null before the first. */
export async function lastWipe(transaction) {
  return (await result(transaction.objectStore("wipes").get(LAST)))?.id ?? null;
}

function open() {
  opening ??= inTime(opened()).catch((problem) => {
    opening = null;
    throw problem;
  });
  return opening;
}

async function opened() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const missing = Object.keys(TABLES).filter((name) => !request.result.objectStoreNames.contains(name));
    for (const name of missing) request.result.createObjectStore(name, TABLES[name]);
  };
  const database = await result(request);
  const forget = () => (opening = null);
  database.onclose = forget;
  database.onversionchange = () => {
    database.close(); // a newer page wants to change the tables
    forget();
  };
  return database;
}

function inTime(answer) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the disk does not answer")), PATIENCE_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
