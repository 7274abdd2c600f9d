import { equalBytes, toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { LOG_ROWS_MAX, VERIFY_FINDINGS_MAX } from '../base/limits.ts';
import type { Block } from '../format/block.ts';
import type { BlockId } from '../format/ids.ts';
import { encodeJson } from '../format/json-value.ts';
import { openBlock } from '../format/sealed.ts';
import { type BlockPlace, checkPlace } from '../ledger/admission.ts';
import { EMPTY_STATE, StateOverlay } from '../ledger/overlay.ts';
import type { RecordedOutcome } from '../store/journal.ts';
import { entryCall, openStored } from './played.ts';
import type { Space } from './space.ts';

/** What `verify` found; no findings: everything is as it was signed, and the state is what the blocks make of it. */
export interface VerifyResult {
  readonly blocks: number;
  readonly entries: number;
  readonly stateKeys: number;
  readonly findings: readonly JsonObject[];
}

type Progress = (stage: 'blocks' | 'entries' | 'state', done: number, total: number) => void;

const PAGE = 256;

class Findings {
  readonly list: JsonObject[] = [];

  /** Keeps the first VERIFY_FINDINGS_MAX; one damaged page may spoil thousands of rows. */
  add(code: string, what: string, where: JsonObject): void {
    if (this.list.length < VERIFY_FINDINGS_MAX) this.list.push({ code, what, ...where });
  }
}

/**
 * Reads every block again (bytes, id, signature, bodies, place in its chain), then folds the state anew from nothing
 * in the order in which it was played, and compares every outcome and every key with what is stored. Changes nothing.
 */
export async function verifySpace(space: Space, progress: Progress): Promise<VerifyResult> {
  await space.fold.settled();
  const findings = new Findings();
  const blocks = await checkBlocks(space, findings, progress);
  const refold = new Refold(space, findings, progress);
  await refold.catchUp();
  // What was played meanwhile is little; the state stands still only for that and for the comparison.
  const stateKeys = await space.fold.hold(async () => {
    await refold.catchUp();
    return await compareState(space, refold.overlay, findings, progress);
  });
  return { blocks, entries: refold.entries, stateKeys, findings: findings.list };
}

/** Blocks already read, by id: admission asks for parents. */
type Known = Map<BlockId, BlockPlace>;

async function checkBlocks(space: Space, findings: Findings, progress: Progress): Promise<number> {
  const known: Known = new Map();
  const lives = new Map<string, BlockId>();
  const { blocks: total } = space.blocks.counts();
  let arrival = 0;
  for (;;) {
    const page = space.blocks.after(arrival, PAGE);
    for (const stored of page) {
      const where = { block: stored.id, arrival: stored.arrival };
      if (stored.arrival !== arrival + 1) findings.add('block_missing', 'arrivals are not without a gap', where);
      arrival = stored.arrival;
      try {
        const { id, block } = openBlock(stored, space.caps, space.verifier);
        if (id !== stored.id) findings.add('block_id', 'the bytes are not those of the id they are filed under', where);
        if (arrival > 1) checkPlace(block, { mesh: space.mesh, find: (parent) => known.get(parent) ?? null });
        known.set(stored.id, placeOf(block));
        noteLife(lives, block, stored.id, findings);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        findings.add(error.code, error.message, where);
      }
    }
    progress('blocks', arrival, total);
    if (page.length < PAGE) return known.size;
    await yieldToOthers();
  }
}

function placeOf({ author, life, seq, height }: Block): BlockPlace {
  return { author, life, seq, height };
}

/** Two blocks of one (author, life, seq) are equivocation: both are kept, and a person should know. */
function noteLife(lives: Map<string, BlockId>, block: Block, id: BlockId, findings: Findings): void {
  const place = `${toHex(block.author)}/${toHex(block.life)}/${block.seq}`;
  const other = lives.get(place);
  if (other !== undefined)
    findings.add('equivocation', 'an author signed two blocks for one place', { block: id, other });
  lives.set(place, id);
}

/** The state folded from nothing, in the order in which it was played. */
class Refold {
  readonly overlay = new StateOverlay(EMPTY_STATE);
  entries = 0;
  readonly #space: Space;
  readonly #findings: Findings;
  readonly #progress: Progress;
  #position = 0;

  constructor(space: Space, findings: Findings, progress: Progress) {
    this.#space = space;
    this.#findings = findings;
    this.#progress = progress;
  }

  /** Plays every outcome recorded until now that was not played here yet. */
  async catchUp(): Promise<void> {
    for (;;) {
      const page = this.#space.journal.outcomes(this.#position, PAGE);
      for (const recorded of page) {
        this.#position = recorded.position;
        this.entries += 1;
        await replay(this.#space, recorded, this.overlay, this.#findings);
      }
      this.#progress('entries', this.entries, this.#space.blocks.counts().entries);
      if (page.length < PAGE) return;
      await yieldToOthers();
    }
  }
}

async function replay(
  space: Space,
  recorded: RecordedOutcome,
  overlay: StateOverlay,
  findings: Findings,
): Promise<void> {
  const { arrival, index, at } = recorded;
  const where = { arrival, index };
  const [stored] = space.blocks.after(arrival - 1, 1);
  if (stored === undefined || stored.arrival !== arrival) {
    findings.add('outcome_stray', 'an outcome belongs to no block', where);
    return;
  }
  try {
    const call = entryCall(openStored(stored, space.caps), index, overlay, at, space.caps);
    // An entry on which its dapp failed for good was refused by us, not by the dapp.
    if (recorded.code === 'dapp_failed') return;
    const outcome = await space.judge.play(call, overlay);
    const code = outcome.ok ? null : outcome.code;
    if (outcome.ok !== recorded.ok || code !== recorded.code) {
      findings.add('outcome_differs', `recorded ${recorded.code ?? 'ok'}, folded anew ${code ?? 'ok'}`, where);
    }
    if (outcome.ok) overlay.apply(call.dapp, outcome.writes);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    findings.add(error.code, `the entry could not be played again: ${error.message}`, where);
  }
}

async function compareState(
  space: Space,
  overlay: StateOverlay,
  findings: Findings,
  progress: Progress,
): Promise<number> {
  const wanted = new Map<string, Uint8Array>();
  for (const { dapp, writes } of overlay.changes()) {
    for (const { key, value } of writes) if (value !== null) wanted.set(`${dapp}\0${key}`, encodeJson(value));
  }
  const total = wanted.size;
  let [dapp, key, rows] = ['', '', 0];
  for (;;) {
    const page = space.journal.statesAfter(dapp, key, LOG_ROWS_MAX);
    for (const row of page) {
      ({ dapp, key } = row);
      rows += 1;
      const name = `${dapp}\0${key}`;
      const value = wanted.get(name);
      if (value === undefined) findings.add('state_extra', 'no entry makes this key', { dapp, key });
      else if (!equalBytes(value, row.value))
        findings.add('state_differs', 'the stored value is another', { dapp, key });
      wanted.delete(name);
    }
    progress('state', rows, total);
    if (page.length < LOG_ROWS_MAX) break;
    await yieldToOthers();
  }
  for (const name of wanted.keys()) {
    const [lost = '', lostKey = ''] = name.split('\0');
    findings.add('state_missing', 'the blocks make a key that is not stored', { dapp: lost, key: lostKey });
  }
  return rows;
}

/** A node that verifies goes on opening doors. */
function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
