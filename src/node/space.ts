import type { Database } from 'better-sqlite3';
import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { COMMAND_WAIT_MS_MAX, KEY_CACHE_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import type { BlockCaps, EntryRef } from '../format/block.ts';
import { type SigningKey, Verifier } from '../format/ed25519.ts';
import { type BlockId, idText } from '../format/ids.ts';
import type { EntryView } from '../ledger/mesh/erase.ts';
import { erasedKey, MESH, MESH_VERSION } from '../ledger/mesh/keys.ts';
import { rootCaps } from '../ledger/mesh/root-body.ts';
import type { StateReader } from '../ledger/state.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import type { PulseMark } from '../store/arriving.ts';
import { BlockReader } from '../store/blocks.ts';
import { Checkpoints } from '../store/checkpoints.ts';
import { faultsOf, storeError } from '../store/database.ts';
import { DiskSpace, freeBytesOf } from '../store/disk-space.ts';
import type { EntryPlace } from '../store/fold-commit.ts';
import { Journal } from '../store/journal.ts';
import { LedgerChecks } from '../store/ledger-checks.ts';
import { StateTable } from '../store/states.ts';
import { Tips } from '../store/tips.ts';
import { Transactor } from '../store/transactor.ts';
import { Witness } from '../store/witness.ts';
import type { Appended } from './append-queue.ts';
import { dropStaleCopies } from './archive-ledger.ts';
import { type Dapps, startDapps } from './dapps.ts';
import { entryView } from './entry-view.ts';
import { fileFaults } from './file-faults.ts';
import { type ChangedKeys, Fold } from './fold.ts';
import { createJudge, type Judge } from './judge.ts';
import { type BadgeKey, keyFolder, readBadgeKeys, readKey } from './key-files.ts';
import { openLedger } from './ledger-file.ts';
import { NodeClock } from './node-clock.ts';
import { witnessPath } from './repair-files.ts';
import { raiseRestored } from './restored.ts';
import { dappNames } from './root.ts';
import { ledgerPath, requireSpace } from './space-folder.ts';
import { Writer } from './writer.ts';

export interface SpaceParts {
  /** The folder `init` made. */
  readonly folder: string;
  /** Where the dapps' own folders are. */
  readonly dappsFolder: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly boot: Uint8Array;
  readonly runner: Runner;
  readonly log: Log;
  /** Runs after each commit of the fold. */
  readonly onCommit?: (changed: ChangedKeys) => void;
  /** Bytes left on the ledger's disk; the real ones when absent. */
  readonly freeBytes?: () => number;
  /** Whether a damaged ledger is opened all the same, to look at the damage; answers from it mean nothing. */
  readonly isUnchecked?: boolean;
}

/** A command as somebody wants it, of a dapp that is named elsewhere. */
export interface Order {
  readonly kind: string;
  readonly body: JsonObject;
}

/** The accepted result of a command. */
export interface CommandResult {
  readonly block: BlockId;
  readonly index: number;
}

/**
 * A space opened by this process alone: its ledger, the contracts that judge it, and the keys this board holds. It
 * serves a running node, and a command of the CLI when none runs.
 */
export class Space {
  readonly folder: string;
  readonly mesh: BlockId;
  readonly caps: BlockCaps;
  readonly blocks: BlockReader;
  readonly journal: Journal;
  readonly checkpoints: Checkpoints;
  readonly checks: LedgerChecks;
  readonly state: StateTable;
  readonly dapps: Dapps;
  readonly entries: EntryView;
  readonly judge: Judge;
  readonly badgeKeys: readonly BadgeKey[];
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly fold: Fold;
  readonly writer: Writer;
  readonly disk: DiskSpace;
  readonly #database: Database;
  readonly #witness: Witness;
  readonly #nodeKey: SigningKey;
  readonly #consoleKey: SigningKey;

  constructor(database: Database, dapps: Dapps, caps: BlockCaps, parts: SpaceParts) {
    const { log, randomness, boot, folder } = parts;
    this.#database = database;
    this.folder = parts.folder;
    this.checkpoints = new Checkpoints(database);
    this.checks = new LedgerChecks(database);
    this.caps = caps;
    this.dapps = dapps;
    const tips = new Tips(database);
    this.blocks = new BlockReader(database, tips);
    this.mesh = this.blocks.mesh;
    this.journal = new Journal(database);
    const clock = new NodeClock(parts.clock, parts.isUnchecked === true ? 0 : lastPlayedMs(this.journal));
    this.clock = clock;
    this.disk = new DiskSpace(parts.freeBytes ?? (() => freeBytesOf(folder)));
    this.state = new StateTable(database);
    this.verifier = new Verifier(KEY_CACHE_MAX);
    const keys = keyFolder(parts.folder);
    this.#nodeKey = readKey(keys.node);
    this.#consoleKey = readKey(keys.console);
    this.badgeKeys = readBadgeKeys(keys.badges);
    this.entries = entryView({ blocks: this.blocks, journal: this.journal, dapps, caps });
    this.judge = createJudge(dapps, this.mesh, this.entries);
    this.#witness = new Witness(witnessPath(ledgerPath(folder)));
    const transactor = new Transactor(database, tips, this.checkpoints, (last) => this.#witness.write(last));
    const { blocks, journal, state, judge, verifier } = this;
    this.fold = new Fold({ blocks, journal, transactor, state, judge, caps, clock, log }, parts.onCommit ?? (() => {}));
    const isErased = (block: BlockId, index: number) => state.read(MESH, erasedKey(block, index)) !== null;
    const writing = { blocks, transactor, caps, verifier, clock, randomness, boot, isErased };
    this.writer = new Writer(writing, () => this.fold.wake());
    // What an earlier process erased may still stand in the log it left.
    this.checkpoints.truncate();
  }

  /** Public key of this board, in hex. */
  get nodeKey(): string {
    return toHex(this.#nodeKey.publicKey);
  }

  /** Public key with which commands are signed at this console, in hex. */
  get consoleKey(): string {
    return toHex(this.#consoleKey.publicKey);
  }

  /**
   * Appends a fact that this board vouches for; resolves when it is on disk.
   * @param pulses those that the fact tells of, so that nobody tells of them again.
   */
  appendFact(dapp: string, kind: string, body: JsonObject, pulses: readonly PulseMark[] = []): Promise<Appended> {
    const draft = { dapp, ver: this.versionOf(dapp), kind, re: null, body };
    return this.writer.append(this.#nodeKey, [draft], pulses);
  }

  /**
   * Appends a command in the name of the person this console belongs to, and waits until it has been judged.
   * @param re the entry that this one lifts, re-issues or answers.
   * @throws the code with which it was refused; entry_waiting.
   */
  async command(dapp: string, kind: string, body: JsonObject, re: EntryRef | null = null): Promise<CommandResult> {
    if (dapp !== MESH) this.dapps.get(dapp).check.check(kind, body);
    this.#checkDisk(dapp, [kind]);
    const draft = { dapp, ver: this.versionOf(dapp), kind, re, body };
    const { block, arrival } = await this.writer.append(this.#consoleKey, [draft]);
    await this.accepted({ arrival, index: 0 });
    return { block, index: 0 };
  }

  /**
   * Appends commands of one dapp as one block, as `command` does with one; `accepted` tells what became of each.
   * @throws block_entries and the like when they do not fit a block.
   */
  async appendCommands(dapp: string, orders: readonly Order[]): Promise<Appended> {
    const ver = this.versionOf(dapp);
    this.#checkDisk(
      dapp,
      orders.map(({ kind }) => kind),
    );
    const drafts = orders.map(({ kind, body }) => ({ dapp, ver, kind, re: null, body }));
    return await this.writer.append(this.#consoleKey, drafts);
  }

  /**
   * Resolves when the entry has been judged and accepted.
   * @throws the code with which it was refused; entry_waiting when its dapp is not well within COMMAND_WAIT_MS_MAX.
   */
  async accepted(place: EntryPlace): Promise<void> {
    await this.fold.settled();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const cancel = this.clock.after(COMMAND_WAIT_MS_MAX, () => {
      isOver = true;
      resolve();
    });
    const { fold } = this;
    try {
      while (!fold.hasOutcome(place) && !isOver && !fold.isStopped) await Promise.race([fold.committed.next(), over]);
    } finally {
      cancel();
    }
    const outcome = this.fold.outcomeOf(place);
    if (!outcome.ok) throw new CodedError(outcome.code, outcome.message);
  }

  /** State as it was after the last entry played at or before node time `ms`. */
  stateAt(ms: number): StateReader {
    return this.state.at(this.journal.positionAt(ms));
  }

  /**
   * Asks a dapp about its state, as it is now or as `state` has it.
   * @throws no_dapp; the dapp's own codes.
   */
  async query(dapp: string, name: string, params: JsonObject, state: StateReader = this.state): Promise<Json> {
    try {
      return await this.dapps.get(dapp).contract.query(name, params, state);
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'query_refused') throw error;
      const { cause } = error;
      throw cause instanceof CodedError ? new CodedError(cause.code, cause.message, { cause: error }) : error;
    }
  }

  /**
   * What is wrong with the ledger's file as such; nothing when it is sound. Where its log does not go into the main file,
   * for the disk is full, this thread looks itself.
   * @throws backup_running, verify_stopped, file_check.
   */
  async faults(): Promise<readonly string[]> {
    const { checkpoints } = this;
    if (!checkpoints.isWithheld && !checkpoints.truncate()) return faultsOf(this.#database);
    return await checkpoints.withheld((signal) => fileFaults(ledgerPath(this.folder), signal));
  }

  /** Stops the fold and the contracts, then closes the ledger. */
  async close(): Promise<void> {
    const folding = this.fold.stop();
    // A call that waits for a dapp to start again ends with it.
    await this.dapps.stop();
    await folding;
    this.writer.close();
    await this.checkpoints.stop();
    this.#witness.close();
    this.#database.close();
  }

  /** The last bytes are for facts and denials. @throws disk_low. */
  #checkDisk(dapp: string, kinds: readonly string[]): void {
    const entries = this.dapps.find(dapp)?.manifest.entries ?? {};
    const other = kinds.find((kind) => entries[kind]?.effect !== 'deny');
    if (other !== undefined) this.disk.refuseWhenLow(`${dapp} ${other}`);
  }

  /** The version of `dapp` that plays. @throws no_dapp. */
  versionOf(dapp: string): string {
    return dapp === MESH ? MESH_VERSION : this.dapps.get(dapp).manifest.version;
  }
}

/** The last node time that was stored; 0: none. */
function lastPlayedMs(journal: Journal): number {
  const { position } = journal.fold();
  return position === 0 ? 0 : journal.outcomeAt(position).at.wallMs;
}

/**
 * Opens the space in `parts.folder` and plays what an earlier process had no time for.
 * @throws space_missing; the codes of `openLedger`, of the key files and of the dapps' manifests.
 */
export async function openSpace(parts: SpaceParts): Promise<Space> {
  requireSpace(parts.folder);
  const path = ledgerPath(parts.folder);
  const { database, root } = openLedger(path, parts.isUnchecked !== true);
  try {
    const dapps = await startDapps(dappNames(root.body), parts.dappsFolder, idText(root.id), parts.runner, parts.log);
    try {
      const space = new Space(database, dapps, rootCaps(root.body), parts);
      dropStaleCopies(parts.folder);
      await raiseRestored(space);
      return space;
    } catch (error) {
      await dapps.stop();
      throw error;
    }
  } catch (error) {
    database.close();
    throw storeError(error, path);
  }
}
