import { basename } from 'node:path';
import { assert } from '../../src/base/assert.ts';
import { CodedError } from '../../src/base/errors.ts';

interface PackageParts {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** One package of Debian as the archive has it. */
export interface Package extends PackageParts {
  /** As apt names it when it is downloaded: `name_1%3a2-3_arm64.deb`. */
  readonly file: string;
  /** 64 hex digits. */
  readonly sha256: string;
  /** All that the lists say of it. */
  readonly stanza: string;
}

/** Reads what `apt-get --print-uris` prints, `'address' file bytes hash`: the files, in the order of names. */
export function parseUris(text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line) => /^'[^']+' (\S+\.deb) \d+/.exec(line.trim())?.[1] ?? [])
    .sort();
}

/**
 * Puts together what apt wants to take with what the lists say of it.
 *
 * @param stanzas what `apt-cache show` prints.
 * @throws archive_unreadable when the lists have no hash of a package.
 */
export function describedPackages(files: readonly string[], stanzas: string): readonly Package[] {
  const found = new Map<string, string>();
  for (const stanza of stanzas.split(/\n\n+/)) {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
    found.set(`${field('Package')} ${field('Version')} ${field('Architecture')}`, stanza.trim());
  }
  return files.map((file) => {
    const parts = partsOf(file);
    const stanza = found.get(`${parts.name} ${parts.version} ${parts.architecture}`) ?? '';
    const sha256 = /^SHA256: ([0-9a-f]{64})$/m.exec(stanza)?.[1];
    if (sha256 === undefined) {
      throw new CodedError('archive_unreadable', `the lists of apt have no hash of ${file}`, {
        fields: { file },
        advice: 'build again with --update; if it stays so, look whether the archive is changing just now',
      });
    }
    return { ...parts, file, sha256, stanza };
  });
}

/** What apt calls exactly this one. */
export function exactName({ name, version, architecture }: PackageParts): string {
  return `${name}:${architecture}=${version}`;
}

export function partsOf(file: string): PackageParts {
  const [name, version, architecture] = basename(file, '.deb').split('_');
  assert(name && version && architecture, `a package's file has three parts: ${file}`);
  return { name, version: decodeURIComponent(version), architecture };
}

/** One line a package: what a stage's key is made of, and what is published beside an image. */
export function packageLines(packages: readonly Package[]): string {
  return packages.map((one) => `${one.name} ${one.version} ${one.architecture} ${one.sha256}\n`).join('');
}
