import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';

/** A package of npm that a bundle holds parts of. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package says. */
  readonly licence: string;
  /** Relative to the checkout. */
  readonly folder: string;
}

const LICENCE_FILE = /^(licen[cs]e|copying)(\.(md|txt|mit))?$/i;
const NOTE = 'The files of this folder hold parts of the packages below, under these licences.\n';

/** @param inputs files of a bundle, relative to `top`. */
export function packagesIn(top: string, inputs: readonly string[]): readonly BundledPackage[] {
  const folders = new Set<string>();
  for (const input of inputs) {
    const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(top, folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
      readonly license?: string;
    };
    if (license === undefined) throw missing(folder, 'does not say its licence');
    return { name, version, licence: license, folder };
  });
}

/** The words of every licence: who passes the code on passes them on. @throws licence_missing. */
export function licencesText(top: string, packages: readonly BundledPackage[]): string {
  const texts = packages.map(({ name, version, licence, folder }) => {
    const files = readdirSync(join(top, folder)).filter((file) => LICENCE_FILE.test(file));
    const text = files.sort().map((file) => readFileSync(join(top, folder, file), 'utf8').trim());
    return [`${name} ${version}: ${licence}`, ...text].join('\n\n');
  });
  return [NOTE, ...texts].join(`\n${'-'.repeat(80)}\n`);
}

function missing(folder: string, what: string): CodedError {
  return new CodedError('licence_missing', `${folder} ${what}`, {
    fields: { folder },
    advice: 'Nothing may be passed on without knowing that: take another package.',
  });
}
