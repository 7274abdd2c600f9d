import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { VERIFY_FINDINGS_MAX } from '../base/limits.ts';

export type VerifyStage = 'file' | 'blocks' | 'past rows' | 'versions' | 'entries' | 'state';

/** Called while a part goes on. */
export type VerifyProgress = (stage: VerifyStage, done: number, total: number) => void;

/** What does not agree, in the order in which it was found. */
export class Findings {
  readonly list: JsonObject[] = [];

  /** Keeps the first VERIFY_FINDINGS_MAX; one damaged page may spoil thousands of rows. */
  add(code: string, what: string, where: JsonObject): void {
    if (this.list.length < VERIFY_FINDINGS_MAX) this.list.push({ code, what, ...where });
  }

  /** Runs one part of the work. What the disk does not give back is a finding, and the other parts go on. */
  async part<T>(task: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await task();
    } catch (error) {
      const code = codeOf(error);
      if (!(error instanceof CodedError) && !code?.startsWith('SQLITE_')) throw error;
      this.add(error instanceof CodedError ? error.code : 'store_damaged', messageOf(error), {});
      return otherwise;
    }
  }
}
