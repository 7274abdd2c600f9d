import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import t from 'tap';
import { readPinsOptions } from '../../src/devices/pins/options.ts';
import { readOptionsFile } from '../../src/devices/pins/options-file.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

t.test('pins options: the file declares what the words do', async (t) => {
  // Not in the checkout: the path of a socket in it has to be short, wherever the checkout is.
  const folder = mkdtempSync(join(tmpdir(), 'blockmesh-pins-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  // As the unit of a node has it; whoever runs tests may have another one.
  const umask = process.umask(0o022);
  t.teardown(() => process.umask(umask));
  writeFileSync(
    join(folder, 'blockmesh.toml'),
    [
      '[output.front-strike]',
      'line = "GPIO17"',
      '[output.lathe]',
      'chip = "tps65219-gpio"',
      'offset = 2',
      'active = "low"',
      'longest_ms = 86400000',
      '[reader.gate]',
      'driver = "wiegand"',
      'd0 = "GPIO23"',
      'd1 = "GPIO24"',
      'gap_ms = 50',
      '',
    ].join('\n'),
  );
  const run = (...words: string[]) =>
    execaNode(MAIN, ['pins', 'options', '--folder', folder, ...words], { nodePath: process.execPath, reject: false });
  const file = join(folder, 'pins.options');
  writeFileSync(file, 'an older one');
  const [words, written] = await Promise.all([run(), run('--file', file)]);
  const told = `${file}: outputs, inputs and Wiegand readers: 3`;
  t.match(written, { exitCode: 0, stderr: '', stdout: told, originalMessage: undefined });
  t.strictSame(readOptionsFile(file), readPinsOptions(words.stdout.split('\n')).declarations);
  t.match(readOptionsFile(file), [{ name: 'front-strike' }, { name: 'lathe', longestMs: 86_400_000 }, { gapMs: 50 }]);
  t.equal(statSync(file).mode & 0o777, 0o644, 'for a pins process of another user too');
  t.match(JSON.parse((await run('--file', file, '--json')).stdout), { file, declared: 3 });
  t.match(await run('--file', join(folder, 'no', 'folder')), { exitCode: 1, stderr: /file_unwritable/ });
});
