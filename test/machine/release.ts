import { join } from 'node:path';

/** The folder of this release. */
export const RELEASE = join(import.meta.dirname, '../..');
