import type { JsonObject } from '../base/json.ts';
import type { Session } from './session.ts';

/**
 * Everything that a listing operation has, page by page.
 * @param list the field of a page that holds its rows.
 * @param name the field of a row that the next page begins after.
 */
export async function everyPage(
  session: Session,
  method: string,
  list: string,
  name: string,
): Promise<readonly JsonObject[]> {
  const rows: JsonObject[] = [];
  for (let params: JsonObject = {}; ; ) {
    const page = (await session.call(method, params)) as JsonObject;
    const some = page[list] as unknown as readonly JsonObject[];
    rows.push(...some);
    const after = some.at(-1)?.[name];
    if (page.more !== true || after === undefined) return rows;
    params = { after };
  }
}
