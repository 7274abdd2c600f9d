import type { ChunksFile } from './file.ts';

/** What is backed up, by name, in the form of whoever put it there: JSON text. */
export class BackupSets {
  readonly #file: ChunksFile;

  constructor(file: ChunksFile) {
    this.#file = file;
  }

  put(name: string, settings: string): void {
    const put = this.#file.database.prepare<[string, string]>('INSERT OR REPLACE INTO backup_set VALUES (?, ?)');
    this.#file.write(() => put.run(name, settings));
  }

  /** By name. */
  list(): readonly { readonly name: string; readonly settings: string }[] {
    const all = this.#file.database.prepare<[], { name: string; settings: string }>(
      'SELECT name, settings FROM backup_set ORDER BY name',
    );
    return this.#file.read(() => all.all());
  }

  /** @returns whether there was one. */
  remove(name: string): boolean {
    const remove = this.#file.database.prepare<[string]>('DELETE FROM backup_set WHERE name = ?');
    return this.#file.write(() => remove.run(name)).changes > 0;
  }
}
