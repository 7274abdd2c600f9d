import type { InputDeclaration, OutputDeclaration, Pin, WiegandDeclaration } from './declarations.ts';
import type { PinsLevel } from './protocol.ts';

/**
 * The seam to the lines of a board: what a backend of the TypeScript pins process owes. All calls are synchronous.
 * Edges come through the callbacks given to a claim, never before the claim has returned and never after `release`;
 * a backend tells at most PINS_EDGES_MAX of them in one turn of the event loop, so that timers and clients get theirs.
 */
export interface LinesBackend {
  /**
   * Text that is equal for declarations of one and the same line, claimed or not.
   * @throws chip_missing, chip_ambiguous, chip_denied, line_missing, line_ambiguous
   */
  place(pin: Pin): string;

  /**
   * Takes a line and drives it to its safe level in the same step, or to its active level where `on`: a claim that a
   * failed reload gives back. @throws line_busy, claim_failed
   */
  claimOutput(output: OutputDeclaration, on: boolean): OutputLine;

  /** Takes a line as an input, both edges, debounced. @throws line_busy, claim_failed */
  claimInput(input: InputDeclaration, onEdge: (edge: InputEdge) => void): InputLine;

  /**
   * Takes both lines of a Wiegand reader, falling edges only. A backend that merges or reorders edges cannot carry it
   * and throws `wiegand_unsupported` with the reason, always. @throws line_busy, claim_failed, wiegand_unsupported
   */
  claimWiegand(reader: WiegandDeclaration, onEdge: (edge: WiegandEdge) => void): ClaimedLine;
}

export interface ClaimedLine {
  /** Gives the line back. The rules have driven an output safe before. Never throws. */
  release(): void;
}

export interface OutputLine extends ClaimedLine {
  /** Drives the line to its active level, or its safe one. Throws when it refuses; it may have moved all the same. */
  set(on: boolean): void;
  /** Read back from the line, not remembered. */
  level(): PinsLevel | 'unknown';
}

export interface InputLine extends ClaimedLine {
  /** Read from the line; undefined when it cannot be read. */
  isActive(): boolean | undefined;
}

export interface InputEdge {
  readonly active: boolean;
  /** When the edge happened, as near to it as the backend can tell. CLOCK_MONOTONIC. */
  readonly atNs: bigint;
  /** Counts the edges of this claim from 1, those too that were lost before they could be told. */
  readonly seq: number;
}

export interface WiegandEdge {
  /** Whether D1 fell. */
  readonly one: boolean;
  readonly atNs: bigint;
  /** Counts the edges of both lines from 1, lost ones too. */
  readonly seq: number;
  /** Counts the edges of this one line from 1, lost ones too. */
  readonly lineSeq: number;
}
