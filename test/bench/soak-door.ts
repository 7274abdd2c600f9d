import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeFrame } from '../../src/devices/rdm6300/frame.ts';

/** A reader takes 16 badges at once and 20 a second: less than both, so that none is dropped whatever stalls. */
const UNANSWERED_MAX = 12;
const GAP_MS_MIN = 55;
/** A badge whose output never moved (its fact tells why) is not waited for any longer. */
const GIVE_UP_MS = 10_000;
/** Every so many badges comes a card that nobody knows. */
const STRANGER_EVERY = 10;
/** Prime, so that all members take their turn whatever their number is. */
const STRIDE = 7919;
const FIRST_CARD = 10_000_000;
const FIRST_STRANGER = 20_000_000;

/** The number printed on the card of member number `at`. */
export function memberCard(at: number): number {
  return FIRST_CARD + at;
}

interface Sent {
  /** Which member it was. */
  readonly member: number;
  readonly atNs: bigint;
}

/** The reader of one door, at which members and strangers take turns. */
export class SoakDoor {
  readonly name: string;
  sent = 0;
  strangers = 0;
  /** Badges that were due while UNANSWERED_MAX were on their way, and came later. */
  heldBack = 0;
  readonly #at: number;
  readonly #members: number;
  readonly #feed: number;
  #unanswered: Sent[] = [];
  #lastMs = 0;
  #wasFull = false;
  /** The last two presentations of each member that are not yet told by a fact. */
  readonly #presented = new Map<number, readonly bigint[]>();

  /** @param at which of the doors it is: no two doors hear the same sequence. */
  constructor(name: string, at: number, members: number, feed: string) {
    this.name = name;
    this.#at = at;
    this.#members = members;
    this.#feed = openSync(feed, 'r+');
  }

  /** Sends what is due when `due` badges should have been sent by now; never two at once. */
  send(due: number, nowMs: number): void {
    if (this.sent >= due || nowMs - this.#lastMs < GAP_MS_MIN) return;
    while (
      this.#unanswered[0] !== undefined &&
      Number(process.hrtime.bigint() - this.#unanswered[0].atNs) / 1e6 > GIVE_UP_MS
    ) {
      this.#unanswered.shift();
    }
    const isFull = this.#unanswered.length >= UNANSWERED_MAX;
    if (isFull && !this.#wasFull) this.heldBack += 1;
    this.#wasFull = isFull;
    if (isFull) return;
    this.#present();
    this.#lastMs = nowMs;
  }

  #present(): void {
    const isStranger = this.sent % STRANGER_EVERY === STRANGER_EVERY - 1;
    const member = ((this.sent + this.#at * 31) * STRIDE) % this.#members;
    const card = isStranger ? FIRST_STRANGER + member : memberCard(member);
    const atNs = process.hrtime.bigint();
    writeSync(this.#feed, encodeFrame(BigInt(card)));
    this.sent += 1;
    if (isStranger) {
      this.strangers += 1;
      return;
    }
    this.#unanswered.push({ member, atNs });
    this.#presented.set(member, [...(this.#presented.get(member) ?? []).slice(-1), atNs]);
  }

  /** The door's output went on: one badge fewer is on its way. */
  answered(): void {
    this.#unanswered.shift();
  }

  /** When the badge of `member` was sent that made the output go on at `onNs`; undefined when none was. */
  sentNs(member: number, onNs: bigint): bigint | undefined {
    return this.#presented.get(member)?.findLast((atNs) => atNs <= onNs);
  }

  close(): void {
    closeSync(this.#feed);
  }
}
