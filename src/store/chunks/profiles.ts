import { CodedError } from '../../base/errors.ts';
import { type ChunkerProfile, chunkerProfile } from '../../format/chunkers/profile.ts';
import type { ChunksFile } from './file.ts';

/** How a store cuts, by name. */
export type Profiles = Readonly<Record<string, ChunkerProfile>>;

/** Profiles in the form of a root block, as the text that a new file is given. @throws chunker_form. */
export function profilesText(profiles: Readonly<Record<string, unknown>>): string {
  for (const profile of Object.values(profiles)) chunkerProfile(profile);
  const sorted = Object.entries(profiles).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted.map(([name, profile]) => [name, sortedFields(profile)])));
}

function sortedFields(profile: unknown): unknown {
  return Object.fromEntries(Object.entries(Object(profile)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The profiles a store was made with.
 * @param wanted null: whichever they are.
 * @throws chunks_profiles when they are not `wanted`; chunks_damaged.
 */
export function storedProfiles({ database, path }: ChunksFile, wanted: string | null): Profiles {
  const text = database.prepare<[], string>('SELECT profiles FROM meta').pluck().get() ?? '';
  if (wanted !== null && text !== wanted) {
    throw new CodedError('chunks_profiles', `${path} is cut otherwise than this mesh cuts`, {
      fields: { path },
      advice: 'It belongs to another mesh: name another file.',
    });
  }
  try {
    const entries = Object.entries<unknown>(JSON.parse(text));
    return Object.fromEntries(entries.map(([name, profile]) => [name, chunkerProfile(profile)]));
  } catch (cause) {
    throw new CodedError('chunks_damaged', `${path} does not say how it is cut`, {
      fields: { path },
      cause,
      advice: 'Keep the file, and let a new one be made: what it held comes again from backups and other nodes.',
    });
  }
}
