/** The cursor of one room: everything up to and including `seq` has been applied. */

export class Cursor {
  constructor(seq = 0, epoch = "") {
    this.seq = seq;
    this.epoch = epoch;
  }

  /** "apply" when a frame that starts at `after` joins on to what we have, "gap" when something is missing between. */
  judge(after) {
    return after <= this.seq ? "apply" : "gap";
  }

  /** A frame that ends at `seq` has been applied; late and repeated frames never move it back. */
  advance(seq) {
    this.seq = Math.max(this.seq, seq);
  }

  isBehind(head) {
    return head > this.seq;
  }

  /** A list was loaded afresh: its own cursor counts from now on, even when it is lower. */
  restart(seq, epoch) {
    this.seq = seq;
    this.epoch = epoch;
  }

  /** The numbers of another database (one restored from a backup) say nothing about this one. */
  isForeign(epoch) {
    return this.epoch !== "" && epoch !== this.epoch;
  }
}

/** Whether what came should replace what is there: only a newer change of the same message does. */
export function isNewer(comingSeq, presentSeq) {
  return presentSeq === undefined || comingSeq > presentSeq;
}
