import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/errors.ts';
import { CARD_NOTES_MAX } from '../../base/limits.ts';
import type { Randomness } from '../../base/ports.ts';
import { boardPaths, putFile, writeBoardFiles } from './board-files.ts';
import { parseCard } from './card-file.ts';
import { type CardNote, note, noteOf } from './card-note.ts';
import { NO_PATCH } from './card-patch.ts';
import { type Identity, identityIn } from './identity.ts';
import { keptSettings } from './kept-settings.ts';
import { finishMasks, hasMasks, type MaskedFile, maskedFile, planMasks } from './masks.ts';
import { mergeSettings } from './merge.ts';
import { parseNetworkConfig } from './network-config.ts';
import { configText, type NodeConfig, nodeConfig } from './node-config.ts';
import { readCard } from './read-card.ts';
import { type BoardSettings, writeSettings } from './settings.ts';
import { parseUserData } from './user-data.ts';

/** Steps after which a power cut may come; a test stops at each. */
export type ImportStep = 'begun' | 'kept' | 'written' | 'planned' | 'masked';

export interface CardParts {
  /** Where the card's first partition is. */
  readonly card: string;
  /** What the board keeps. */
  readonly board: string;
  /** The folder of the space, to which paths of its configuration are relative. */
  readonly space: string;
  readonly randomness: Randomness;
  /** Runs `task` while the card may be written. Absent: nothing is taken off it, as the board keeps nothing. */
  readonly whileWritable?: (task: () => void) => Promise<void>;
  readonly onStep?: (step: ImportStep) => void;
}

export interface CardResult {
  readonly settings: BoardSettings;
  readonly identity: Identity;
  /** The node's configuration, as text. */
  readonly config: string;
  /** Whether it is another one than the space has. */
  readonly isNewConfig: boolean;
  readonly notes: readonly CardNote[];
}

/** Later ones overrule earlier ones. */
const SOURCES = [
  { name: 'user-data', parse: parseUserData },
  { name: 'network-config', parse: parseNetworkConfig },
  { name: 'blockmesh.toml', parse: async (source: string, name: string) => parseCard(source, name) },
] as const;

/**
 * Takes up what the card says. A file that is wrong changes nothing: what the board kept stays, and a note tells why.
 * Idempotent, and goes on where a power cut stopped it: a password is on the card until it is durable on the board.
 * @throws identity_damaged, file_unwritable, and what the settings of the board cannot be read with.
 */
export async function importCard(parts: CardParts): Promise<CardResult> {
  const { card, board, space, onStep = () => {} } = parts;
  const paths = boardPaths(board);
  mkdirSync(board, { recursive: true, mode: 0o755 });
  const notes: CardNote[] = await maskCard(parts);
  const identity = identityIn(paths.identity, parts.randomness);
  onStep('begun');
  const before = keptSettings(paths.settings, space, notes);
  let settings = before;
  let config = keptConfig(settings, parts, notes);
  const masked: MaskedFile[] = [];
  for (const { name, parse } of SOURCES) {
    try {
      const source = readCard(join(card, name));
      if (source === null) continue;
      const patch = await parse(source.text, name);
      const merged = mergeSettings(settings, patch, name);
      config = nodeConfig(merged.node, patch, name, space);
      settings = { ...merged, node: config.node };
      notes.push(...patch.notes, ...config.notes);
      if (patch.masks.length > 0) masked.push(maskedFile(name, source.bytes, patch.masks));
    } catch (error) {
      notes.push(noteOf(error));
    }
  }
  writeSettings(paths.settings, settings);
  onStep('kept');
  writeBoardFiles(board, settings, identity, config.text);
  onStep('written');
  if (masked.length > 0 && parts.whileWritable !== undefined) {
    planMasks(paths.masks, masked);
    onStep('planned');
    notes.push(...(await maskCard(parts)));
    onStep('masked');
  }
  const told = notes.slice(0, CARD_NOTES_MAX);
  putFile(paths.notes, told.map(({ text }) => `${text}\n`).join(''), 0o644);
  const isNewConfig = !isDeepStrictEqual(settings.node, before.node);
  return { settings, identity, config: config.text, isNewConfig, notes: told };
}

/** Takes off the card what is planned to go. @returns what keeps that from being done. */
async function maskCard({ board, card, whileWritable }: CardParts): Promise<CardNote[]> {
  const { masks } = boardPaths(board);
  if (!hasMasks(masks) || whileWritable === undefined) return [];
  try {
    await whileWritable(() => finishMasks(masks, card));
    return [];
  } catch (error) {
    const what = `what the board keeps now could not be taken off the card: ${messageOf(error)}`;
    return [note('card_unwritable', what, 'Check that the card is not write-protected; the next start tries again.')];
  }
}

/** What an earlier release took may be wrong for this one; then the node itself will not start, and says so too. */
function keptConfig({ node }: BoardSettings, { space }: CardParts, notes: CardNote[]): NodeConfig {
  try {
    return nodeConfig(node, NO_PATCH, 'blockmesh.toml', space);
  } catch (error) {
    notes.push(noteOf(error));
    return { node, text: configText(node), notes: [] };
  }
}
