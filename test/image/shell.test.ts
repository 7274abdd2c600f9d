import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { sample } from './boot/figures.ts';
import { Shell } from './boot/shell.ts';

/** The shell by which tests speak to a board, here with another program in the place of SSH: it runs its last word. */

t.test('a shell tells how a command has ended, and is there for the next one', async (t) => {
  const folder = t.testdir();
  writeFileSync(join(folder, 'ssh'), '#!/bin/sh\nfor word; do :; done\nexec sh -c "$word"\n');
  chmodSync(join(folder, 'ssh'), 0o755);
  const before = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = before;
  });
  process.env.PATH = [folder, before].join(delimiter);
  const shell = await Shell.tryOpen({ port: 1, key: 'none' });
  t.ok(shell);
  if (shell === null) return;
  t.teardown(() => shell.close());
  t.strictSame(await shell.try('echo a; echo b >&2; false'), { code: 1, text: 'a\nb' });
  t.strictSame(await shell.try('until false; do exit 3; done'), { code: 3, text: '' });
  await t.rejects(shell.run('echo why; exit 4'), { message: 'echo why; exit 4 ended with 4: why' });
  const { processes, availableKib } = await sample(shell);
  t.ok((processes.get(process.pid)?.pssKib ?? 0) > 1024, 'what each process takes is told');
  t.ok(availableKib > 1024);
  t.equal(await shell.run('printf "no end of line"; cat'), 'no end of line', 'nothing is read but commands');
});
