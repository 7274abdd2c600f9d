import { CodedError, codeOf, messageOf } from '../../base/errors.ts';

/** Something about the card that people have to know, in the words of `status.txt`. Never holds a secret. */
export interface CardNote {
  readonly code: string;
  /** What is wrong, where, and what to do: one line. */
  readonly text: string;
}

export function note(code: string, what: string, advice: string): CardNote {
  return { code, text: `${what}. ${advice}` };
}

/** A failure as a note, with its advice. */
export function noteOf(error: unknown): CardNote {
  const advice = error instanceof CodedError ? error.advice : undefined;
  const what = messageOf(error).replace(/\s+/g, ' ');
  return { code: codeOf(error) ?? 'internal_error', text: advice === undefined ? what : `${what}. ${advice}` };
}
