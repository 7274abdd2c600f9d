import { mkdir, readFile } from 'node:fs/promises';
import { CodedError } from '../../src/base/errors.ts';
import type { Architecture } from '../architecture.ts';
import type { Commands } from '../command.ts';

const FORMATS = '/proc/sys/fs/binfmt_misc';
const EMULATORS = { arm64: 'qemu-aarch64', armhf: 'qemu-arm' } as const;
/** What Node calls these processors. */
const OWN = { arm64: 'arm64', armhf: 'arm' } as const;

/**
 * Sees to it that this machine's kernel runs programs of a board: by qemu-user, where they are not its own.
 * @throws no_emulation when it cannot.
 */
export async function enableEmulation(commands: Commands, name: Architecture['architecture']): Promise<void> {
  if (process.arch === OWN[name]) return;
  const format = `${FORMATS}/${EMULATORS[name]}`;
  if (await isEnabled(format)) return;
  const isMounted = (await readFile(`${FORMATS}/status`, 'utf8').catch(() => '')) !== '';
  try {
    await mkdir(FORMATS, { recursive: true });
    if (!isMounted) await commands.run('mount', ['-t', 'binfmt_misc', 'binfmt_misc', FORMATS]);
    await commands.run('update-binfmts', ['--enable', EMULATORS[name]]);
  } catch (cause) {
    throw notEnabled(name, cause);
  }
  if (!(await isEnabled(format))) throw notEnabled(name, undefined);
}

/** The flag F: the emulator is opened when it is registered, so that it is there in another root too. */
async function isEnabled(format: string): Promise<boolean> {
  const text = await readFile(format, 'utf8').catch(() => '');
  return /^enabled$/m.test(text) && /^flags: \w*F/m.test(text);
}

function notEnabled(name: string, cause: unknown): CodedError {
  return new CodedError('no_emulation', `programs of ${name} cannot be run on this machine`, {
    fields: { architecture: name },
    advice:
      'install qemu-user-static and binfmt-support; in a container mount binfmt_misc there, or enable it on its host',
    ...(cause === undefined ? {} : { cause }),
  });
}
