import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type CardParts, type CardResult, importCard } from '../../../src/node/board/import-card.ts';
import { systemRandomness } from '../../../src/node/system.ts';
import { newFolder } from '../../store/open-store.ts';

/** A card and a board, as folders; what they are on is the business of the tests of the image. */

export const KEY = `ssh-ed25519 ${'A'.repeat(68)} ada@laptop`;
export const PASSWORD = 'correct horse "battery"#';

/** A door with its reader and its strike. */
export const FRONT_DOOR = `[door.front-door]
reader = "front-reader"
output = "front-strike"

[reader.front-reader]
driver = "rdm6300"
port = "/dev/ttyAMA0"

[output.front-strike]
line = "GPIO17"
`;

export const CARD = `[space]
name = "Nord"
admin = "Ada"
badge = "0009362416" # hers
break_glass = [ "0000000042",
  "0000000043" ]

${FRONT_DOOR}
[wifi]
ssid = "Werk “1”"
password = 'correct horse "battery"#'
country = "DE"

[board]
timezone = "Europe/Berlin"

[ssh]
keys = ["${KEY}"]
`;

export interface World {
  readonly card: string;
  readonly board: string;
  readonly space: string;
  put(name: string, content: string | Uint8Array): void;
  run(more?: Partial<CardParts>): Promise<CardResult>;
  /** What the board keeps under that name; null: nothing. */
  kept(name: string): string | null;
  onCard(name: string): string;
}

export function world(t: Test): World {
  const root = newFolder(t);
  const [card, board, space] = ['card', 'board', 'space'].map((name) => join(root, name)) as [string, string, string];
  mkdirSync(card);
  return {
    card,
    board,
    space,
    put: (name, content) => writeFileSync(join(card, name), content),
    run: (more = {}) =>
      importCard({
        card,
        board,
        space,
        randomness: systemRandomness,
        whileWritable: async (task) => task(),
        ...more,
      }),
    kept(name) {
      const path = join(board, name);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    onCard: (name) => readFileSync(join(card, name), 'utf8'),
  };
}

export const codes = ({ notes }: CardResult) => notes.map(({ code }) => code);
