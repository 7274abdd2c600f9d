/**
 * Coded errors: what the world did wrong, told so that a program can branch on it and a person can act on it.
 * A bug of ours is never one of these; it is an assertion (`assert.ts`).
 */

/** Plain values that help to act on an error: sizes, names, line numbers. Never secrets. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | null>>;

export interface CodedErrorOptions {
  readonly fields?: ErrorFields;
  readonly cause?: unknown;
  /** What the reader can do about it, as one sentence. */
  readonly advice?: string;
}

export class CodedError extends Error {
  override readonly name = 'CodedError';
  /** Stable snake_case identifier; documented, never reworded. */
  readonly code: string;
  readonly fields: ErrorFields;
  readonly advice: string | undefined;

  constructor(code: string, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.advice = options.advice;
  }
}

/** The code of a coded error or of a Node system error (`ENOENT` …), else undefined. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof CodedError) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
