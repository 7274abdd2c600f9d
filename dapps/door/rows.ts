import type { Json } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';

/** Every record under `prefix`, by name (the key without it), page by page. */
export async function* rowsUnder(
  state: State,
  prefix: string,
): AsyncGenerator<{ readonly name: string; readonly value: Json }> {
  let after: string | undefined;
  for (;;) {
    const { rows, more } = await state.scan(prefix, after === undefined ? {} : { after });
    for (const { key, value } of rows) yield { name: key.slice(prefix.length), value };
    after = rows.at(-1)?.key;
    if (!more || after === undefined) return;
  }
}
