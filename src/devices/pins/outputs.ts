import { PINS_OFF_RETRY_MS, PINS_OFF_TRIES_MAX } from '../../base/limits.ts';
import type { OutputDeclaration } from './declarations.ts';
import type { PinsEvent } from './events.ts';
import type { OutputLine } from './lines.ts';
import { earlier, NS_PER_MS, nowNs } from './monotonic.ts';
import type { PinsEnd, PinsKind, PinsOutput, PinsRecord } from './protocol.ts';
import { type KeptRecord, RecordRing } from './records.ts';

/** An output and its line, which has been claimed and driven to its safe level. */
export interface OutputMember {
  readonly declaration: OutputDeclaration;
  readonly line: OutputLine;
}

type Refusal = 'too_long' | 'id_reused' | 'line_failed';

interface Ask {
  readonly kind: PinsKind;
  readonly output: string;
  /** 0 for a hold. */
  readonly ms: number;
  readonly id: string;
  readonly ownerSerial: number;
}

/** An open record. A pulse and a hold may keep one output on together; the later ends it. */
interface Grip {
  record: KeptRecord;
  /** Undefined for a hold. */
  readonly endNs: bigint | undefined;
}

interface Output {
  readonly declaration: OutputDeclaration;
  line: OutputLine;
  on: boolean;
  onSinceNs: bigint;
  pulse: Grip | undefined;
  hold: Grip | undefined;
  /** The line refused to go safe: tried again at `retryNs`, and the open records then end for this reason. */
  closing: { readonly end: PinsEnd; readonly retryNs: bigint; readonly tries: number } | undefined;
}

function longestEndNs(output: Output): bigint {
  return output.onSinceNs + BigInt(output.declaration.longestMs) * NS_PER_MS;
}

function dueNs(output: Output): bigint | undefined {
  if (output.closing !== undefined) return output.closing.retryNs;
  if (!output.on) return undefined;
  const longestNs = longestEndNs(output);
  const pulseNs = output.pulse?.endNs;
  return pulseNs !== undefined && pulseNs < longestNs ? pulseNs : longestNs;
}

/** The rules of outputs, the same as `native/outputs.c`: on exactly while a record is open, never over its longest. */
export class Outputs {
  readonly #records = new RecordRing();
  #outputs = new Map<string, Output>();
  #events: PinsEvent[] = [];
  /** An output that was to go and did not go safe. */
  #stuckGoing: string | undefined;

  /**
   * Makes these the outputs. One with the declaration it had goes on as it is, on the line given now; every other
   * begins at rest. Those that go have been retired before.
   */
  replace(members: readonly OutputMember[]): void {
    const before = this.#outputs;
    this.#outputs = new Map(
      members.map(({ declaration, line }) => {
        const old = before.get(declaration.name);
        const rest = { on: false, onSinceNs: 0n, pulse: undefined, hold: undefined, closing: undefined };
        const output = old?.declaration === declaration ? old : { declaration, line, ...rest };
        output.line = line;
        return [declaration.name, output];
      }),
    );
  }

  /**
   * Drives an output safe that is about to go, and ends its records; one that refuses makes us `stuck`. `isReleased`:
   * its line has been driven safe and given back already.
   */
  retire(name: string, isReleased: boolean): void {
    const output = this.#outputs.get(name);
    if (output === undefined) return;
    if (isReleased) this.#rest(output, 'stopped');
    else if (!this.#stop(output)) this.#stuckGoing = name;
  }

  has(name: string): boolean {
    return this.#outputs.has(name);
  }

  longestMs(name: string): number {
    return this.#outputs.get(name)?.declaration.longestMs ?? 0;
  }

  isOn(name: string): boolean {
    return this.#outputs.get(name)?.on ?? false;
  }

  list(): readonly PinsOutput[] {
    return [...this.#outputs.values()].map(({ declaration, line, on }) => ({
      name: declaration.name,
      on,
      level: line.level(),
      safe: declaration.active === 'high' ? 'low' : 'high',
      longestMs: declaration.longestMs,
    }));
  }

  records(since: number, countMax: number): readonly PinsRecord[] {
    return this.#records.after(since, countMax);
  }

  /** What began and ended since the last call, oldest first. */
  takeEvents(): readonly PinsEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Turns an output on. An id that is still remembered is answered with its record and does nothing else. */
  ask(ask: Ask): KeptRecord | Refusal {
    const known = this.#known(ask.id);
    if (known !== undefined) {
      const same = known.kind === ask.kind && known.output === ask.output && known.ms === ask.ms;
      return same ? known : 'id_reused';
    }
    const output = this.#outputs.get(ask.output);
    if (output === undefined || ask.ms > output.declaration.longestMs) return 'too_long';
    if (output.closing !== undefined) return 'line_failed';
    const wasOn = output.on;
    if (!this.#turnOn(output)) return 'line_failed';

    const onNs = wasOn ? nowNs() : output.onSinceNs;
    const open = { end: undefined, offNs: undefined, owner: 'present' } as const;
    const record: KeptRecord = { ...ask, seq: this.#records.nextSeq(), onNs, ...open };
    const before = output[ask.kind];
    let endNs: bigint | undefined;
    if (ask.kind === 'pulse') {
      endNs = onNs + BigInt(ask.ms) * NS_PER_MS;
      if (before?.endNs !== undefined && before.endNs > endNs) endNs = before.endNs;
    }
    output[ask.kind] = { record, endNs };
    this.#records.add(record);
    // The new record begins before the old one ends: a watcher never sees the output without one.
    this.#tell(record, onNs);
    if (before !== undefined) this.#endRecord(before.record, 'superseded', onNs);
    return record;
  }

  /** Ends whatever keeps the output on; false when the line refused (it is tried again by itself). */
  release(name: string): boolean {
    const output = this.#outputs.get(name);
    if (output?.closing !== undefined) return false;
    return output === undefined || !output.on || this.#turnOff(output, 'released');
  }

  /** The connection is gone: its holds end, its pulses run on. */
  ownerGone(serial: number): void {
    for (const output of this.#outputs.values()) {
      for (const grip of [output.pulse, output.hold]) {
        if (grip?.record.ownerSerial !== serial || grip.record.owner === 'lost') continue;
        grip.record = { ...grip.record, owner: 'lost' };
        this.#records.update(grip.record);
        if (grip === output.hold && output.closing === undefined) this.#endGrip(output, 'hold', 'orphaned');
      }
    }
  }

  /** Ends what is due. */
  tick(): void {
    const now = nowNs();
    for (const output of this.#outputs.values()) {
      if (output.closing !== undefined) {
        if (now >= output.closing.retryNs) this.#turnOff(output, output.closing.end);
        continue;
      }
      if (!output.on) continue;
      const longestNs = longestEndNs(output);
      const pulseNs = output.pulse?.endNs;
      if (pulseNs !== undefined && pulseNs <= now && pulseNs <= longestNs) this.#endGrip(output, 'pulse', 'timer');
      if (output.on && output.closing === undefined && longestNs <= now) this.#turnOff(output, 'longest');
    }
  }

  /** When `tick` has work; undefined for never. */
  dueNs(): bigint | undefined {
    let due: bigint | undefined;
    for (const output of this.#outputs.values()) due = earlier(due, dueNs(output));
    return due;
  }

  /** An output whose line did not go safe in PINS_OFF_TRIES_MAX tries. */
  stuck(): string | undefined {
    for (const { closing, declaration } of this.#outputs.values()) {
      if (closing !== undefined && closing.tries >= PINS_OFF_TRIES_MAX) return declaration.name;
    }
    return this.#stuckGoing;
  }

  /** Drives every output safe, the ones at rest too; false when a line refused. */
  stop(): boolean {
    let safe = true;
    for (const output of this.#outputs.values()) if (!this.#stop(output)) safe = false;
    return safe;
  }

  #stop(output: Output): boolean {
    let done = false;
    for (let tries = 0; !done && tries < PINS_OFF_TRIES_MAX; tries += 1) done = this.#turnOff(output, 'stopped');
    return done;
  }

  /** The ring, and beyond it the records still open: those are never forgotten. */
  #known(id: string): KeptRecord | undefined {
    for (const { pulse, hold } of this.#outputs.values()) {
      if (pulse?.record.id === id) return pulse.record;
      if (hold?.record.id === id) return hold.record;
    }
    return this.#records.find(id);
  }

  #tell(record: PinsRecord, atNs: bigint): void {
    const { output, id, seq, end } = record;
    this.#events.push({ type: 'output', output, id, seq, atNs, end });
  }

  #endRecord(record: KeptRecord, end: PinsEnd, offNs: bigint): void {
    const ended = { ...record, end, offNs };
    this.#records.update(ended);
    this.#tell(ended, offNs);
  }

  #set(output: Output, on: boolean): boolean {
    try {
      output.line.set(on);
      return true;
    } catch {
      return false;
    }
  }

  /** A refusal may still have moved the line: drive it back, and keep trying if that is refused too. */
  #turnOn(output: Output): boolean {
    if (output.on) return true;
    if (!this.#set(output, true)) {
      this.#turnOff(output, 'stopped');
      return false;
    }
    output.on = true;
    output.onSinceNs = nowNs();
    return true;
  }

  /** Drives the line safe, then ends the open records; when the line refuses they stay open until a retry works. */
  #turnOff(output: Output, end: PinsEnd): boolean {
    if (!this.#set(output, false)) {
      const retryNs = nowNs() + BigInt(PINS_OFF_RETRY_MS) * NS_PER_MS;
      output.closing = { end, retryNs, tries: (output.closing?.tries ?? 0) + 1 };
      return false;
    }
    this.#rest(output, end);
    return true;
  }

  /** The line is safe: the open records end. */
  #rest(output: Output, end: PinsEnd): void {
    const now = nowNs();
    const open = [output.pulse, output.hold];
    output.on = false;
    output.closing = output.pulse = output.hold = undefined;
    for (const grip of open) if (grip !== undefined) this.#endRecord(grip.record, end, now);
  }

  #endGrip(output: Output, kind: PinsKind, end: PinsEnd): void {
    const grip = output[kind];
    if (output[kind === 'pulse' ? 'hold' : 'pulse'] === undefined || grip === undefined) {
      this.#turnOff(output, end);
      return;
    }
    output[kind] = undefined;
    this.#endRecord(grip.record, end, nowNs());
  }
}
