import { toHex } from '../../src/base/bytes.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { parseCredential } from '../../src/devices/credential-text.ts';
import { LIFE_BYTES } from '../../src/format/block.ts';
import type { SigningKey } from '../../src/format/ed25519.ts';
import { type SealedBlock, sealBlock } from '../../src/format/sealed.ts';
import { type Draft, type Place, writeBlock } from '../../src/ledger/authoring.ts';
import { MESH, MESH_VERSION } from '../../src/ledger/mesh/keys.ts';
import { hashedViews } from '../../src/node/hashed-views.ts';
import type { BadgeKey } from '../../src/node/key-files.ts';
import type { Space } from '../../src/node/space.ts';
import { bootId, systemRandomness } from '../../src/node/system.ts';

/** What the history of a space is made of: entry number N is always the same, so a stopped build goes on anywhere. */

export const DOORS = ['front', 'back', 'lab', 'gate'];
const STRANGER_EVERY = 10;
const FIRST_CARD = 9_362_416;
const DAPPS = ['membership', 'door'];

/** Of two authors: the office, a key of the founder's, gives the commands; the board, in an earlier life, the facts. */
type Author = 'office' | 'board';

interface Written {
  readonly author: Author;
  readonly draft: Draft;
}

export function memberId(at: number): string {
  return `m-${at.toString(16).padStart(8, '0')}`;
}

/** The number of a member's card; `frameOf` sends those of the first ones. */
export function cardOf(at: number): string {
  return `dec:${FIRST_CARD + at}`;
}

/** An even draw of 32 bits from a number (splitmix32). */
export function mixed(at: number): number {
  let state = Math.imul(at + 1, 0x9e3779b9) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return (state ^ (state >>> 15)) >>> 0;
}

export interface HistoryShape {
  readonly members: number;
  /** Entries a block. */
  readonly perBlock: number;
}

/** Entries of the history: devices, doors, members with one card each, and from then on what happens at the doors. */
export class History {
  readonly #shape: HistoryShape;
  readonly #versions: ReadonlyMap<string, string>;
  readonly #badgeKeys: readonly BadgeKey[];

  constructor(shape: HistoryShape, space: Space) {
    this.#shape = shape;
    this.#versions = new Map(DAPPS.map((dapp) => [dapp, space.dapps.get(dapp).manifest.version]));
    this.#badgeKeys = space.badgeKeys;
  }

  /** How many entries there are before the first fact of a door. */
  get furnishing(): number {
    return 3 * DOORS.length + 2 * this.#shape.members;
  }

  entry(at: number): Written {
    const devices = 2 * DOORS.length;
    const doors = devices + DOORS.length;
    const members = doors + 2 * this.#shape.members;
    if (at < devices) return { author: 'board', draft: deviceDraft(at) };
    if (at < doors) return this.#office('door', 'door.add', doorBody(at - devices));
    if (at >= members) return this.#happening(at);
    const member = Math.floor((at - doors) / 2);
    if ((at - doors) % 2 === 0) {
      return this.#office('membership', 'member.add', { member: memberId(member), name: `Member ${member}` });
    }
    return this.#office('membership', 'badge.enrol', this.#badgeBody(member));
  }

  /** What happens at a door for the `at`th time. */
  #happening(at: number): Written {
    const chance = mixed(at);
    const event = chance.toString(16).padStart(8, '0') + at.toString(16).padStart(8, '0');
    const door = `${DOORS[chance % DOORS.length]}-door`;
    const common = { door, event, clock: 'synced' };
    if (at % STRANGER_EVERY === 0) {
      const view = { epoch: this.#badgeKeys[0]?.epoch ?? '', bits: 40, hash: event.repeat(4) };
      return this.#fact('denied', { ...common, code: 'unknown_badge', rule: 'badge', view });
    }
    const member = mixed(at + 0x5bd1e995) % this.#shape.members;
    const who = { member: memberId(member), badge: `b-${memberId(member).slice(2)}` };
    return this.#fact('granted', { ...common, ...who, rule: 'always', pulse: event.repeat(2) });
  }

  #badgeBody(member: number): JsonObject {
    const credential = parseCredential(cardOf(member));
    const views = hashedViews(credential, this.#badgeKeys.slice(0, 1));
    const badge = `b-${memberId(member).slice(2)}`;
    return { member: memberId(member), badge, family: credential.family, label: 'card', views };
  }

  #office(dapp: string, kind: string, body: JsonObject): Written {
    return { author: 'office', draft: { dapp, ver: this.#versions.get(dapp) ?? '', kind, re: null, body } };
  }

  #fact(kind: string, body: JsonObject): Written {
    return { author: 'board', draft: { dapp: 'door', ver: this.#versions.get('door') ?? '', kind, re: null, body } };
  }
}

function deviceDraft(at: number): Draft {
  const door = DOORS[Math.floor(at / 2)];
  const device = at % 2 === 0 ? { name: `${door}-reader`, role: 'reader' } : { name: `${door}-strike`, role: 'output' };
  const family = at % 2 === 0 ? 'rdm6300' : 'pins';
  return { dapp: MESH, ver: MESH_VERSION, kind: 'device', re: null, body: { ...device, family } };
}

function doorBody(at: number): JsonObject {
  const door = DOORS[at];
  return { door: `${door}-door`, reader: `${door}-reader`, output: `${door}-strike`, openMs: 100, bits: 32 };
}

/** Writes the history's blocks as they would come from elsewhere, each joining the one before. */
export class HistoryWriter {
  readonly #space: Space;
  readonly #history: History;
  readonly #keys: Readonly<Record<Author, SigningKey>>;
  readonly #lives: Readonly<Record<Author, Uint8Array>>;
  readonly #prev = new Map<Author, NonNullable<Place['prev']>>();
  #last: { readonly id: string; readonly height: number } | null = null;

  constructor(space: Space, history: History, keys: Readonly<Record<Author, SigningKey>>) {
    this.#space = space;
    this.#history = history;
    this.#keys = keys;
    const life = () => systemRandomness.bytes(LIFE_BYTES);
    this.#lives = { office: life(), board: life() };
  }

  /** Blocks with the entries `from` to `to`, at most `perBlock` in one; a block has one author. */
  blocks(from: number, to: number, perBlock: number): readonly SealedBlock[] {
    const blocks: SealedBlock[] = [];
    for (let at = from; at < to; ) {
      const { author } = this.#history.entry(at);
      const drafts: Draft[] = [];
      while (at < to && drafts.length < perBlock) {
        const entry = this.#history.entry(at);
        if (entry.author !== author) break;
        drafts.push(entry.draft);
        at += 1;
      }
      blocks.push(this.#write(author, drafts));
    }
    return blocks;
  }

  #write(author: Author, drafts: readonly Draft[]): SealedBlock {
    const { clock } = this.#space;
    const key = this.#keys[author];
    const place = this.#place(author);
    const time = { ...clock.now(), boot: bootId(), monotonicMs: clock.monotonicMs() };
    const life = this.#lives[author];
    const { encoded, bodies } = writeBlock(place, { author: key.publicKey, life }, drafts, time, systemRandomness);
    this.#last = { id: encoded.id, height: encoded.block.height };
    this.#prev.set(author, { id: encoded.id, life, seq: encoded.block.seq });
    return sealBlock(encoded, bodies, key);
  }

  #place(author: Author): Place {
    const { blocks, caps } = this.#space;
    const prev = this.#prev.get(author);
    if (this.#last === null || prev === undefined) {
      const found = blocks.placeFor(this.#keys[author].publicKey, caps.parentsMax);
      if (this.#last === null) return found;
      return { ...found, heads: [this.#last.id], heightMax: Math.max(this.#last.height, found.heightMax) };
    }
    return { mesh: blocks.mesh, base: blocks.mesh, heads: [this.#last.id], prev, heightMax: this.#last.height };
  }
}

/** The command by which the office's key comes to speak for the founder. */
export function officeKeyBody(space: Space, office: SigningKey): JsonObject {
  return { key: toHex(office.publicKey), principal: 'founder', node: space.nodeKey };
}
