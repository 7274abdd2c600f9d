import { assert } from '../base/assert.ts';
import type { ContentEnd, OnContent } from './content-end.ts';
import { lookIn } from './found.ts';
import type { TreesProcess } from './trees-process.ts';

/** What is told of one file. */
export async function contentFrom(trees: TreesProcess, onContent: OnContent): Promise<ContentEnd> {
  const opened = await trees.head();
  const openedFields = await trees.fields(opened);
  if (opened.type === 'X') return { isOpened: false, code: openedFields.u32() };
  const before = lookIn(openedFields).look;
  for (;;) {
    const head = await trees.head();
    if (head.type === 'D') {
      for await (const piece of trees.pieces(head)) await onContent(piece, piece.length);
      continue;
    }
    const fields = await trees.fields(head);
    if (head.type === 'Z') {
      await onContent(null, fields.i64());
      continue;
    }
    assert(head.type === 'E', 'a file that was opened ends');
    const code = fields.u32();
    return { isOpened: true, code, before, after: lookIn(fields).look };
  }
}
