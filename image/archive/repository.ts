import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '../key.ts';
import type { Package } from './package.ts';

/**
 * Makes `folder` an archive of exactly these packages, so that what is installed from it is what was resolved, however
 * the real archive has moved on meanwhile. apt has checked the files against signed lists when it downloaded them.
 *
 * @param release the name under which the installer asks for what is essential.
 * @returns the line for a list of sources.
 */
export async function makeRepository(
  folder: string,
  release: string,
  packages: readonly Package[],
  debs: string,
): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { file } of packages) await link(join(debs, file), join(folder, repositoryName(file)));
  const stanzas = packages.map(({ file, stanza }) => {
    return `${stanza.replace(/^Filename: .*$/m, `Filename: ./${repositoryName(file)}`)}\n\n`;
  });
  const list = stanzas.join('');
  await writeFile(join(folder, 'Packages'), list);
  await writeFile(join(folder, 'Release'), releaseText(release, list));
  return `deb [trusted=yes] copy://${folder} ./`;
}

/** apt takes names of files for addresses: a percent sign in them would be read as a code. */
function repositoryName(file: string): string {
  return file.replaceAll('%', '-');
}

function releaseText(release: string, list: string): string {
  const date = new Date(0).toUTCString().replace('GMT', 'UTC');
  const lines = [`Suite: ${release}`, `Codename: ${release}`, `Date: ${date}`, 'SHA256:'];
  return `${lines.join('\n')}\n ${sha256Of(list)} ${Buffer.byteLength(list)} Packages\n`;
}
