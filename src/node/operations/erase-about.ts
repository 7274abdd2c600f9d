import type { JsonObject } from '../../base/json.ts';
import { LOG_ROWS_MAX } from '../../base/limits.ts';
import { logPage } from '../log-rows.ts';
import { eraseEntries } from './erase-operations.ts';
import type { OperationContext } from './operation.ts';
import { MEMBERSHIP } from './people.ts';

/** How many entries were erased, and how many stay: suspensions, losses and their lifts, which are never erased. */
export interface ErasedAbout {
  readonly erased: number;
  readonly kept: number;
}

/**
 * Erases the entries of membership about one member, in the ledger's order, those that `isMeant` picks by kind and
 * body. Once the dapp's own command has taken what they wrote out of the state; before that they are all kept.
 */
export async function eraseAbout(
  context: OperationContext,
  member: string,
  isMeant: (kind: string, body: JsonObject) => boolean,
): Promise<ErasedAbout> {
  const entries: JsonObject[] = [];
  for (let after = 0; ; ) {
    const { rows, position, more } = logPage(context.space, { member, after, limit: LOG_ROWS_MAX });
    for (const { dapp, kind, body, block, index } of rows) {
      // A body that is gone already has nothing left to erase.
      if (dapp !== MEMBERSHIP || body === null) continue;
      if (isMeant(String(kind), body as JsonObject)) entries.push({ block: block ?? null, index: index ?? null });
    }
    if (!more) break;
    after = position;
  }
  if (entries.length === 0) return { erased: 0, kept: 0 };
  const { erased, kept } = (await eraseEntries(context, { entries })) as unknown as Record<
    'erased' | 'kept',
    unknown[]
  >;
  return { erased: erased.length, kept: kept.length };
}
