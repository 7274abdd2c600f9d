import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import type { Commands } from '../command.ts';

/** Where this machine's own apt fetches Debian from, and whose signature it believes: no host is written down here. */
export interface Sources {
  /** The address of the archive that has Debian's releases. */
  readonly main: string;
  /** That of its security updates, where this machine follows them. */
  readonly security: string | undefined;
  readonly keyring: string;
}

const APT = '/etc/apt';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** @throws no_archive when this machine's sources name no archive of Debian. */
export async function readSources(commands: Commands): Promise<Sources> {
  const format = '$(LABEL) $(REPO_URI)';
  const told = await commands.run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  // Before the first `apt-get update` nothing knows the label, and it is told as it stands in the format.
  const addresses = told
    .split('\n')
    .flatMap((line) => /^(?:Debian(?:-Security)?|\$\(LABEL\)) (\S+)$/.exec(line)?.[1] ?? []);
  const isSecurity = (address: string): boolean => address.includes('-security');
  const main = addresses.find((one) => !isSecurity(one));
  if (main === undefined) {
    throw new CodedError('no_archive', 'the sources of apt name no archive of Debian: nothing can be fetched', {
      advice: 'name one in /etc/apt/sources.list.d, then run apt-get update as root',
    });
  }
  return { main, security: addresses.find(isSecurity), keyring: await keyringOf() };
}

async function keyringOf(): Promise<string> {
  const folder = join(APT, 'sources.list.d');
  const names = (await readdir(folder).catch(() => [])).sort().map((name) => join(folder, name));
  for (const path of [join(APT, 'sources.list'), ...names]) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const keyrings = [...text.matchAll(/^Signed-By: *(\/\S+) *$|^deb .*signed-by=(\/[^\], ]+)/gm)];
    const debian = keyrings.map((match) => match[1] ?? match[2] ?? '').find((one) => one.includes('debian'));
    if (debian !== undefined) return debian;
  }
  return KEYRING;
}
