import { CodedError } from '../base/errors.ts';
import { SOUND_PARTS_MAX } from '../base/limits-chunks.ts';
import { type Fetch, fetchChunk } from './blob-reader.ts';
import type { Part } from './list.ts';
import { liveOf } from './live.ts';
import { pathOf, walkKey } from './live-item.ts';
import type { Root } from './ports.ts';
import { RecentKeys } from './recent-keys.ts';

/** Something that a root needs and that is not here, or is not what its name says. */
export interface RootFault {
  readonly root: Root;
  /** Of what is missing, or of the list, directory or document that could not be read. */
  readonly digest: Uint8Array;
  /** Of the file or directory that it belongs to; null where that is no tree, or its root. */
  readonly path: Buffer | null;
  readonly error: CodedError;
}

export interface CheckPorts {
  readonly fetch: Fetch;
  /** What is wrong with a chunk of contents; null: nothing. */
  faultOf(part: Part): CodedError | null | Promise<CodedError | null>;
}

/** What a check has found, and how much it went through. */
export interface CheckTotals {
  readonly chunks: number;
  readonly bytes: number;
}

/**
 * Walks every root and tells what is wrong with it, for each root anew, and under a root once. What was found sound under
 * one root is not walked again under the next, as far as `SOUND_PARTS_MAX` of them can be kept in mind.
 * @param onChunks runs as it goes on, with what was looked at since.
 */
export async function* faultsOfRoots(
  roots: Iterable<Root>,
  ports: CheckPorts,
  onChunks: (more: CheckTotals) => void = () => {},
): AsyncGenerator<RootFault> {
  const sound = new RecentKeys(SOUND_PARTS_MAX / 2);
  for (const root of roots) {
    let isSound = true;
    /** What ended after the first fault, which may lie under it; that has been told of this root. */
    const told = new RecentKeys(SOUND_PARTS_MAX / 2);
    const isWalked = (kind: 'list' | 'tree', digest: Uint8Array) => {
      const key = walkKey(kind, digest);
      return sound.has(key) || told.has(key);
    };
    for await (const item of liveOf(root.target, { fetch: ports.fetch, isWalked })) {
      if (item.kind === 'unread' || item.kind === 'chunks') {
        const path = item.at === null ? null : pathOf(item.at);
        for await (const { digest, error } of item.kind === 'unread' ? [item] : faultsIn(item.parts, ports)) {
          isSound = false;
          yield { root, digest, path, error };
        }
        if (item.kind === 'chunks') onChunks(totalsOf(item.parts));
        continue;
      }
      onChunks({ chunks: 1, bytes: 0 });
      if (item.kind !== 'document') (isSound ? sound : told).add(walkKey(item.kind, item.digest));
    }
  }
}

async function* faultsIn(
  parts: readonly Part[],
  { faultOf }: CheckPorts,
): AsyncGenerator<{ readonly digest: Uint8Array; readonly error: CodedError }> {
  for (const part of parts) {
    const error = await faultOf(part);
    if (error !== null) yield { digest: part.digest, error };
  }
}

/** Ports of a check that reads every chunk again. */
export function readingAll(fetch: Fetch): CheckPorts {
  return {
    fetch,
    faultOf: async ({ digest, length }) => {
      try {
        const bytes = await fetchChunk(digest, fetch);
        return bytes.length === length
          ? null
          : new CodedError('list_form', 'a list tells another length of a chunk than it has');
      } catch (error) {
        if (error instanceof CodedError && /^chunk_/.test(error.code)) return error;
        throw error;
      }
    },
  };
}

function totalsOf(parts: readonly Part[]): CheckTotals {
  return { chunks: parts.length, bytes: parts.reduce((sum, { length }) => sum + length, 0) };
}
