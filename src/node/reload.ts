import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { RELOADS_WAITING_MAX } from '../base/limits.ts';
import type { Log } from '../sandbox/log.ts';
import { announceDevices } from './announce.ts';
import type { Config } from './config.ts';
import { type DeviceChanges, deviceChanges, fixedKeys, isUnchanged, movesPins } from './config-changes.ts';
import type { LiveConfig } from './live-config.ts';
import type { Outputs } from './outputs.ts';
import { takeLines } from './pins-lines.ts';
import type { ReaderWatch } from './reader-watch.ts';
import type { Readers } from './readers.ts';
import { ledgerReasons, refusal, restartReason } from './reload-checks.ts';
import type { Space } from './space.ts';
import type { Wires } from './wires.ts';

interface ReloaderParts {
  /** Reads and checks `blockmesh.toml`. @throws file_missing, and the codes of `parseConfig`. */
  readonly read: () => Config;
  readonly live: LiveConfig;
  readonly space: Space;
  readonly outputs: Outputs;
  readonly wires: Wires;
  readonly readers: Readers;
  readonly watch: ReaderWatch;
  readonly log: Log;
}

/**
 * Takes up `blockmesh.toml` while the node runs, as a whole or not at all. First come all reasons against it; then the
 * pins process, which can still refuse, and the ledger; last what cannot refuse: inputs, feedback and readers. Whatever
 * is unchanged goes on meanwhile: pulses, open ports, doors.
 */
export class Reloader {
  readonly #parts: ReloaderParts;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
  }

  /**
   * One at a time; the file is read when its turn comes. Resolves with `{dryRun, reader, input, output}`, where each of
   * the three is `{added, changed, removed}`, names; `dryRun` only looks.
   * @throws config_ and file_ codes of the file; config_needs_restart, device_in_use, device_elsewhere, pins_offline, or
   *   config_refused for several of them; the codes of `takeLines`; reload_busy, node_stopping. Nothing has changed then.
   */
  async run(dryRun: boolean): Promise<JsonObject> {
    if (this.#waiting >= RELOADS_WAITING_MAX) {
      throw new CodedError('reload_busy', `${RELOADS_WAITING_MAX} reloads wait already`, {
        advice: 'They read the file when their turn comes; wait for them.',
      });
    }
    this.#waiting += 1;
    const result = this.#last.then(() => this.#logged(dryRun));
    this.#last = result.then(
      () => {},
      () => {},
    );
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** As `run`, for who takes no answer: it stands in the log. */
  async tried(): Promise<void> {
    try {
      await this.run(false);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
    }
  }

  /** Resolves when the reload under way is over; those that wait are refused. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#last;
  }

  async #logged(dryRun: boolean): Promise<JsonObject> {
    const { log } = this.#parts;
    try {
      const changes = await this.#reload(dryRun);
      const answer = { dryRun, ...(changes as unknown as JsonObject) };
      if (!dryRun) log.info(answer, isUnchanged(changes) ? 'configuration unchanged' : 'configuration taken up');
      return answer;
    } catch (error) {
      if (!dryRun && error instanceof CodedError) {
        log.warn({ ...error.fields, code: error.code }, `configuration refused: ${error.message}`);
      }
      throw error;
    }
  }

  async #reload(dryRun: boolean): Promise<DeviceChanges> {
    if (this.#isStopped) throw new CodedError('node_stopping', 'the node stops; nothing has changed');
    const { read, live } = this.#parts;
    const [before, after] = [live.now, read()];
    const changes = deviceChanges(before, after);
    await this.#refuse(before, after, changes);
    if (!dryRun && !isUnchanged(changes)) await this.#take(before, after, changes);
    return changes;
  }

  async #refuse(before: Config, after: Config, changes: DeviceChanges): Promise<void> {
    const { space, outputs } = this.#parts;
    const fixed = fixedKeys(before, after);
    const error = refusal([
      ...(fixed.length > 0 ? [restartReason(fixed)] : []),
      ...(await ledgerReasons(space, changes)),
      ...(movesPins(before, after) && !outputs.isConnected ? [pinsOffline()] : []),
    ]);
    if (error !== null) throw error;
  }

  async #take(before: Config, after: Config, changes: DeviceChanges): Promise<void> {
    const { live, space, outputs, wires, readers, watch } = this.#parts;
    const undo = movesPins(before, after) ? await takeLines(outputs, before, after) : async () => {};
    live.become(after);
    try {
      await announceDevices(space, after);
      // A door may be made of them as soon as this is answered.
      await space.fold.settled();
    } catch (error) {
      live.become(before);
      await undo();
      throw error;
    }
    await wires.take(after, changes, outputs.isConnected ? outputs : null);
    await readers.replace(after.reader, changes.reader);
    watch.replaced([...changes.reader.added, ...changes.reader.changed, ...changes.reader.removed]);
    for (const reader of changes.reader.removed) wires.readerGone(reader);
  }
}

function pinsOffline(): CodedError {
  return new CodedError('pins_offline', 'the pins process does not answer, and its lines change', {
    advice: 'Start it and reload again.',
  });
}
