import { equalBytes } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { IMPORT_BATCH_BLOCKS_MAX, IMPORT_BATCH_BYTES_MAX } from '../base/limits.ts';
import type { SealedBlock } from '../format/sealed.ts';
import {
  COUNT_BYTES,
  checkExportHeader,
  DIGEST_BYTES,
  EXPORT_HEADER_BYTES,
  LENGTH_BYTES,
  readCount,
  readLength,
  readRecord,
} from './export-format.ts';
import { HashedFile } from './hashed-file.ts';
import type { Space } from './space.ts';

export interface ImportResult {
  /** Blocks in the file. */
  readonly blocks: number;
  /** Blocks that were not here before. */
  readonly taken: number;
}

type Progress = (stage: string, done: number, total: number) => void;

/** What is read at once; `error` is what comes after those blocks instead of more. */
interface Batch {
  readonly blocks: readonly SealedBlock[];
  readonly isLast: boolean;
  readonly error: unknown;
}

/**
 * Takes the blocks of a file into the ledger, batch by batch, through the same admission as any others. What was taken
 * stays when the rest is refused; reading the file again changes nothing, for what is here is passed over.
 * @throws export_foreign, export_version, export_mesh, export_form, export_truncated, export_checksum; the codes of
 * `Writer.admit`. Each with `taken`, and with `block`: which of the file it is about, counted from 0.
 */
export async function importBlocks(space: Space, path: string, progress: Progress): Promise<ImportResult> {
  const file = await HashedFile.open(path);
  const result = { blocks: 0, taken: 0 };
  try {
    checkExportHeader(await file.upTo(EXPORT_HEADER_BYTES), space.mesh, path);
    for (;;) {
      const batch = await readBatch(file);
      await admit(space, batch.blocks, result);
      if (batch.error !== null) throw batch.error;
      progress('import, bytes', file.at, file.bytes);
      if (batch.isLast) break;
    }
    await checkEnd(file, result.blocks);
    return result;
  } catch (error) {
    throw told(error, result);
  } finally {
    await file.close();
  }
}

/** Never fails: the blocks before a fault are good, and come in first. */
async function readBatch(file: HashedFile): Promise<Batch> {
  const blocks: SealedBlock[] = [];
  try {
    for (let bytes = 0; blocks.length < IMPORT_BATCH_BLOCKS_MAX && bytes < IMPORT_BATCH_BYTES_MAX; ) {
      const length = readLength(await file.exactly(LENGTH_BYTES));
      if (length === 0) return { blocks, isLast: true, error: null };
      blocks.push(readRecord(await file.exactly(length)));
      bytes += length;
    }
    return { blocks, isLast: false, error: null };
  } catch (error) {
    return { blocks, isLast: false, error };
  }
}

/** All of the batch, or those before the one that is refused. */
async function admit(space: Space, blocks: readonly SealedBlock[], result: { blocks: number; taken: number }) {
  try {
    result.taken += await space.writer.admit(blocks);
    result.blocks += blocks.length;
  } catch (error) {
    const at = error instanceof CodedError ? error.fields.at : undefined;
    if (typeof at !== 'number') throw error;
    // Signatures are verified side by side: of several bad blocks, another than the first may be told of.
    await admit(space, blocks.slice(0, at), result);
    throw error;
  }
}

async function checkEnd(file: HashedFile, blocks: number): Promise<void> {
  const count = readCount(await file.exactly(COUNT_BYTES));
  const wanted = file.digest();
  const digest = await file.exactly(DIGEST_BYTES);
  if (count !== blocks || !equalBytes(digest, wanted)) {
    throw new CodedError('export_checksum', `${file.path} is not as it was written`);
  }
  if (file.at !== file.bytes) throw new CodedError('export_form', `something follows the end of ${file.path}`);
}

function told(error: unknown, { blocks, taken }: ImportResult): unknown {
  if (!(error instanceof CodedError)) return error;
  const { at: _, ...fields } = error.fields;
  const stays = taken === 0 ? 'Nothing of the file was taken' : `The ${taken} new blocks before it were taken`;
  return new CodedError(error.code, `at block ${blocks} of the file: ${error.message}`, {
    cause: error,
    fields: { ...fields, block: blocks, taken },
    advice: `${stays}; get a sound file and import it again. ${error.advice ?? ''}`.trimEnd(),
  });
}
