import type { Database, Statement } from 'better-sqlite3';
import { CodedError } from '../../base/errors.ts';
import { SWEPT_PACKS_SEEN_MAX } from '../../base/limits-chunks.ts';
import { decodeMembers, type Member } from './members.ts';
import { NEXT_HEAD, type PackHead } from './pack-rows.ts';
import type { ChunkRow } from './rows.ts';

/** A pack, and what lies in it for good and for nothing. */
export interface Judged {
  readonly pack: PackHead;
  readonly live: readonly Member[];
  readonly dead: readonly Member[];
  readonly verdict: 'stays' | 'goes' | 'anew';
}

/** Goes through the packs and says which of them stay. */
export class Judge {
  readonly #isKept: (row: ChunkRow) => boolean;
  readonly #next: Statement<[number, number], PackHead>;
  readonly #rowOf: Statement<[Uint8Array], ChunkRow>;

  /** @param isKept whether a chunk is live, or may be. */
  constructor(database: Database, isKept: (row: ChunkRow) => boolean) {
    this.#isKept = isKept;
    this.#next = database.prepare(NEXT_HEAD);
    this.#rowOf = database.prepare('SELECT * FROM chunk WHERE digest = ?');
  }

  /** The packs after number `after`, `SWEPT_PACKS_SEEN_MAX` of them at most. */
  *packs(after: number, last: number): Generator<Judged> {
    let at = after;
    for (let seen = 0; seen < SWEPT_PACKS_SEEN_MAX; seen += 1) {
      const pack = this.#next.get(at, last);
      if (pack === undefined) return;
      at = pack.id;
      yield this.#judge(pack);
    }
  }

  #judge(pack: PackHead): Judged {
    const members = membersOf(pack);
    // One that does not know what it holds is left as it is: a scrub finds out what of it is rotten.
    if (members === null) return { pack, live: [], dead: [], verdict: 'stays' };
    const live: Member[] = [];
    const dead: Member[] = [];
    for (const member of members) {
      const row = this.#rowOf.get(member.digest);
      if (row === undefined || row.pack !== pack.id || isTold(member, row, members)) continue;
      (this.#isKept(row) ? live : dead).push(member);
    }
    const bytes = bytesOf(live);
    const verdict = live.length === 0 ? 'goes' : 2 * bytes < pack.raw_bytes ? 'anew' : 'stays';
    return { pack, live, dead, verdict };
  }
}

/** Whether a chunk that lies twice in a pack is told of at the other place. */
function isTold(member: Member, row: ChunkRow, members: readonly Member[]): boolean {
  if (row.at === member.at) return false;
  return members.some(({ at, digest }) => at === row.at && Buffer.compare(digest, member.digest) === 0);
}

export function membersOf({ members, raw_bytes }: PackHead): readonly Member[] | null {
  try {
    return decodeMembers(members, raw_bytes);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

export function bytesOf(members: readonly { readonly length: number }[]): number {
  return members.reduce((sum, { length }) => sum + length, 0);
}
