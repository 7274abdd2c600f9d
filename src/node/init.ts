import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../base/bytes.ts';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { SEED_BYTES, type SigningKey, signingKey } from '../format/ed25519.ts';
import type { BlockId } from '../format/ids.ts';
import { applyMesh } from '../ledger/mesh/apply.ts';
import { MESH, MESH_VERSION } from '../ledger/mesh/keys.ts';
import { rootBody } from '../ledger/mesh/root-body.ts';
import { EMPTY_STATE } from '../ledger/overlay.ts';
import type { Log } from '../sandbox/log.ts';
import { loadManifest } from '../sandbox/manifest.ts';
import type { Runner } from '../sandbox/runner.ts';
import { runScriptedTests } from '../sandbox/scripted.ts';
import { readText, writeFileDurably } from '../store/files.ts';
import { Transactor } from '../store/transactor.ts';
import { writeFirstBlocks } from './first-blocks.ts';
import { checkDrafts, type FirstOrders, firstDrafts, NO_ORDERS } from './first-orders.ts';
import { keyFolder, readKey, writeBadgeKeys, writeOpenKey, writeSealedKey } from './key-files.ts';
import { createLedger } from './ledger-file.ts';
import { ledgerPath } from './space-folder.ts';

/** How the founder's key is kept: sealed in the folder, or open in a file of the founder's choice. */
export type FounderKey = { readonly passphrase: string } | { readonly keyFile: string };

export interface InitOptions {
  readonly folder: string;
  readonly dappsFolder: string;
  /** Dapps to install from the start; their scripted tests must pass. */
  readonly dapps: readonly string[];
  readonly spaceName: string;
  readonly founderName: string;
  readonly nodeName: string;
  readonly founderKey: FounderKey;
  readonly configExample: string;
  /** Absent: none. */
  readonly orders?: FirstOrders;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly boot: Uint8Array;
  readonly runner: Runner;
  readonly log: Log;
  /** Called while the dapps' tests go on. */
  readonly progress?: (stage: string, done: number, total: number) => void;
}

export interface InitResult {
  readonly mesh: BlockId;
  /** 32 bytes in hex; shown once and kept nowhere. */
  readonly recoveryKey: string;
}

const FOUNDER = 'founder';
const CONFIG = 'blockmesh.toml';

/**
 * Makes a new space: keys, root block, and a key for the founder at this board.
 * @throws folder_not_empty; folder_unusable; dapp_tests_failed; the codes of manifests and key files. What was begun is removed.
 */
export async function initSpace(options: InitOptions): Promise<InitResult> {
  const { folder } = options;
  const kept = contentOf(folder);
  if (kept.some((name) => name !== CONFIG)) {
    throw new CodedError('folder_not_empty', `${folder} is not empty`, {
      fields: { folder },
      advice: 'Name another folder, or move away what is in it.',
    });
  }
  const dapps = await installable(options);
  const keyFile = 'keyFile' in options.founderKey ? options.founderKey.keyFile : null;
  const isKeyOurs = keyFile !== null && !existsSync(keyFile);
  const made = makeFolder(folder);
  try {
    mkdirSync(join(folder, 'keys'), { mode: 0o700 });
    mkdirSync(join(folder, 'run'), { mode: 0o750 });
    return await found(options, dapps);
  } catch (error) {
    const begun = contentOf(folder).filter((name) => !kept.includes(name));
    for (const name of begun) rmSync(join(folder, name), { recursive: true, force: true });
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    if (isKeyOurs) rmSync(keyFile, { force: true });
    throw error;
  }
}

/** Empty for a folder that is not there. @throws folder_unusable. */
function contentOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw unusable(folder, cause);
  }
}

/** @returns the first folder that had to be made, or undefined when it was there. @throws folder_unusable. */
function makeFolder(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

function unusable(folder: string, cause: unknown): CodedError {
  return new CodedError('folder_unusable', `${folder} cannot be used: ${messageOf(cause)}`, {
    cause,
    fields: { folder },
    advice: 'Check that the folder above it is there and may be written, or name another one.',
  });
}

/** Runs the tests of every dapp side by side. @throws dapp_tests_failed; the codes of manifests. */
async function installable(options: InitOptions): Promise<readonly { dapp: string; ver: string }[]> {
  const total = options.dapps.length;
  let done = 0;
  options.progress?.('tests of dapps', done, total);
  const tested = await Promise.allSettled(
    options.dapps.map(async (dapp) => {
      const ver = await testedVersion(dapp, options);
      done += 1;
      options.progress?.('tests of dapps', done, total);
      return { dapp, ver };
    }),
  );
  const failed = tested.find((one) => one.status === 'rejected');
  // Not before the programs of the others have ended.
  if (failed !== undefined) throw failed.reason;
  return tested.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

async function testedVersion(dapp: string, { dappsFolder, runner, log }: InitOptions): Promise<string> {
  const folder = join(dappsFolder, dapp);
  const manifest = await loadManifest(folder);
  const failures = await runScriptedTests({ manifest, folder, runner, log, branch: MESH });
  const [first] = failures;
  if (first === undefined) return manifest.version;
  const what = `${dapp} fails its own tests: ${first.file}, step ${first.step}: ${first.reason}`;
  throw new CodedError('dapp_tests_failed', what, {
    fields: { dapp, failures: failures.length },
    advice:
      'Install this release anew: its dapps are not as they were delivered, or this machine is too slow for them.',
  });
}

async function found(options: InitOptions, dapps: readonly { dapp: string; ver: string }[]): Promise<InitResult> {
  const { folder, randomness } = options;
  const keys = keyFolder(folder);
  const founder = makeFounderKey(options);
  const nodeSeed = randomness.bytes(SEED_BYTES);
  const consoleSeed = randomness.bytes(SEED_BYTES);
  const recoverySeed = randomness.bytes(SEED_BYTES);
  writeOpenKey(keys.node, nodeSeed);
  writeOpenKey(keys.console, consoleSeed);
  const badgeKey = { epoch: toHex(randomness.bytes(8)), key: randomness.bytes(32) };
  writeBadgeKeys(keys.badges, [badgeKey]);
  const node = publicHex(signingKey(nodeSeed));
  const root = rootBody({
    name: options.spaceName,
    founder: { principal: FOUNDER, name: options.founderName, key: publicHex(founder) },
    node: { name: options.nodeName, key: node },
    recovery: publicHex(signingKey(recoverySeed)),
    dapps,
  });
  checkRoot(root, publicHex(founder), options);
  const consoleKey = signingKey(consoleSeed);
  const keyAdd = { key: publicHex(consoleKey), principal: FOUNDER, node };
  const ver = dapps.find(({ dapp }) => dapp === 'door')?.ver ?? MESH_VERSION;
  const orders = firstDrafts(options.orders ?? NO_ORDERS, ver, badgeKey, randomness);
  await checkDrafts(orders, options);
  const database = createLedger(ledgerPath(folder));
  try {
    const first = writeFirstBlocks(options, { founder, console: consoleKey }, [
      [{ dapp: MESH, ver: MESH_VERSION, kind: 'root', re: null, body: root }],
      [{ dapp: MESH, ver: MESH_VERSION, kind: 'key.add', re: null, body: keyAdd }],
      orders,
    ]);
    new Transactor(database).append(first.arriving);
    const config = join(folder, CONFIG);
    if (!existsSync(config)) writeFileDurably(config, readText(options.configExample), 0o644);
    return { mesh: first.mesh, recoveryKey: toHex(recoverySeed) };
  } finally {
    database.close();
  }
}

/** A root that the fold refuses would make a space without anyone in it. @throws what it would refuse it with. */
function checkRoot(body: JsonObject, key: string, { clock }: InitOptions): void {
  const author = { key, principal: null, node: null };
  const call = { dapp: MESH, ver: MESH_VERSION, kind: 'root', re: null, body, block: '', index: 0 };
  const outcome = applyMesh({ ...call, author, roles: [], at: clock.now() }, EMPTY_STATE);
  if (!outcome.ok) throw new CodedError(outcome.code, outcome.message);
}

function makeFounderKey(options: InitOptions): SigningKey {
  const { founderKey, randomness, folder } = options;
  if ('keyFile' in founderKey) {
    // A founder may bring the key of an earlier space.
    if (!existsSync(founderKey.keyFile)) writeOpenKey(founderKey.keyFile, randomness.bytes(SEED_BYTES));
    return readKey(founderKey.keyFile);
  }
  const seed = randomness.bytes(SEED_BYTES);
  writeSealedKey(keyFolder(folder).founder, seed, founderKey.passphrase, randomness);
  return signingKey(seed);
}

function publicHex(key: SigningKey): string {
  return toHex(key.publicKey);
}
