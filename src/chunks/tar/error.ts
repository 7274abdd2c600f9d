import { CodedError, type ErrorFields } from '../../base/errors.ts';

/** Codes of archives that are refused. */
export type TarCode =
  | 'tar_compressed'
  | 'tar_form'
  | 'tar_header'
  | 'tar_link'
  | 'tar_not_directory'
  | 'tar_path'
  | 'tar_sparse'
  | 'tar_too_large'
  | 'tar_truncated';

const ADVICE: Readonly<Record<TarCode, string>> = {
  tar_compressed: 'Decompress it on the way in, as with `zstd -dc` or `gzip -dc`.',
  tar_form: 'List it with `tar -tv`; it must be of v7, ustar, pax or GNU tar.',
  tar_header: 'Nothing of it was taken; bring the archive here again.',
  tar_link: 'The file a hard link names has to come before it, in the same archive.',
  tar_not_directory: 'No member may lie in what is a file, or a link, in the same archive.',
  tar_path: 'Make the archive anew, from within the folder that it is to hold.',
  tar_sparse: 'Make the archive anew, without --sparse.',
  tar_too_large: 'Make it in several archives.',
  tar_truncated: 'Nothing of it was taken; bring the archive here again, whole.',
};

export function tarError(code: TarCode, message: string, fields: ErrorFields = {}, cause?: unknown): CodedError {
  return new CodedError(code, `tar: ${message}`, { fields, cause, advice: ADVICE[code] });
}

/** Names for people: bytes that are no text show as replacement characters. */
export function shown(name: Uint8Array): string {
  return Buffer.from(name.subarray(0, 255)).toString();
}
