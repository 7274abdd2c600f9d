import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleDapp } from '../../../src/sandbox/bundle-dapp.ts';
import { loadManifest, type Manifest } from '../../../src/sandbox/manifest.ts';
import { callLine } from './engine.ts';
import type { History } from './history.ts';
import { NodeEngine } from './node-engine.ts';
import { type Played, type Program, playHistory } from './play.ts';
import { QuickJsEngine } from './quickjs-engine.ts';

export const ROOT = join(import.meta.dirname, '../../..');
const DAPPS = ['membership', 'door'] as const;
const MEMORY_MIB_DEFAULT = 64;

type Programs = ReadonlyMap<string, Program>;
type Bundles = ReadonlyMap<string, { readonly node: string; readonly quickjs: string }>;

export interface PairOptions {
  /** Changes the contract that QuickJS gets, to show that a difference is seen. */
  readonly forQuickJs?: (bundle: string, dapp: string) => string;
}

/** Both dapps in both engines, each pair of contracts over a state of its own. */
export class Pair {
  readonly manifests: readonly Manifest[];
  /** Of the four bundles. */
  readonly digest: string;
  readonly #folder: string;
  readonly #bundles: Bundles;
  #engines: { readonly node: Programs; readonly quickjs: Programs } | undefined;

  private constructor(manifests: readonly Manifest[], folder: string, bundles: Bundles) {
    this.manifests = manifests;
    this.#folder = folder;
    this.#bundles = bundles;
    this.digest = createHash('sha256')
      .update(JSON.stringify([...bundles]))
      .digest('hex');
  }

  static async open({ forQuickJs = (bundle) => bundle }: PairOptions = {}): Promise<Pair> {
    const folder = await mkdtemp(join(tmpdir(), 'blockmesh-dapps-'));
    const manifests = await Promise.all(DAPPS.map((dapp) => loadManifest(join(ROOT, 'dapps', dapp))));
    const bundles = new Map<string, { node: string; quickjs: string }>();
    for (const dapp of DAPPS) {
      const [node, quickjs] = await Promise.all([contractOf(dapp, 'node'), contractOf(dapp, 'quickjs')]);
      await writeFile(join(folder, `${dapp}.mjs`), node);
      bundles.set(dapp, { node, quickjs: forQuickJs(quickjs, dapp) });
    }
    return new Pair(manifests, folder, bundles);
  }

  /**
   * What both engines make of a history.
   * @throws Error that names the first step whose answers differ.
   */
  async play(history: History): Promise<Played> {
    this.#engines ??= { node: this.#nodePrograms(), quickjs: await this.#quickJsPrograms() };
    try {
      const node = await playHistory(this.#engines.node, history);
      const quickjs = await playHistory(this.#engines.quickjs, history);
      checkSame(node, quickjs, history);
      return node;
    } catch (error) {
      // A program that failed in the middle of a call is of no use for the next history.
      await this.#stopEngines();
      throw error;
    }
  }

  /** What both engines answer to `hello`, by dapp. */
  async greet(): Promise<readonly (readonly [node: string, quickjs: string])[]> {
    this.#engines ??= { node: this.#nodePrograms(), quickjs: await this.#quickJsPrograms() };
    const { node, quickjs } = this.#engines;
    const hello = (programs: Programs, dapp: string): Promise<string> => {
      const line = callLine(0, 'hello', { abi: 1, dapp, branch: 'main' });
      return programs.get(dapp)?.engine.ask(line, () => '') ?? Promise.resolve('no such dapp');
    };
    return Promise.all(DAPPS.map(async (dapp) => [await hello(node, dapp), await hello(quickjs, dapp)] as const));
  }

  async close(): Promise<void> {
    await this.#stopEngines();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #nodePrograms(): Programs {
    const start = (dapp: string): NodeEngine => new NodeEngine(join(this.#folder, `${dapp}.mjs`));
    return new Map(this.manifests.map((manifest) => [manifest.name, { manifest, engine: start(manifest.name) }]));
  }

  async #quickJsPrograms(): Promise<Programs> {
    const programs = new Map<string, Program>();
    for (const manifest of this.manifests) {
      const { name, limits } = manifest;
      const bundle = this.#bundles.get(name)?.quickjs ?? '';
      const engine = await QuickJsEngine.start(bundle, `${name}.js`, limits.memoryMib ?? MEMORY_MIB_DEFAULT);
      programs.set(name, { manifest, engine });
    }
    return programs;
  }

  async #stopEngines(): Promise<void> {
    const { node, quickjs } = this.#engines ?? { node: new Map(), quickjs: new Map() };
    this.#engines = undefined;
    for (const { engine } of [...node.values(), ...quickjs.values()]) await engine.stop();
  }
}

const bundled = new Map<string, Promise<string>>();

function contractOf(dapp: string, engine: string): Promise<string> {
  const name = `${dapp} ${engine}`;
  const made = bundled.get(name) ?? bundleContract(dapp, engine);
  bundled.set(name, made);
  return made;
}

async function bundleContract(dapp: string, engine: string): Promise<string> {
  const { programs } = await bundleDapp(ROOT, `dapps/${dapp}`, engine);
  return programs['contract.js'] ?? '';
}

function checkSame(node: Played, quickjs: Played, history: History): void {
  for (const [at, told] of node.told.entries()) {
    const other = quickjs.told[at];
    if (other !== undefined && told.answer === other.answer && `${told.asked}` === `${other.asked}`) continue;
    const show = (one: typeof other): string => `${one?.answer}\n    after ${one?.asked.join(' ')}`;
    const asked = JSON.stringify(history.steps[at]?.params);
    const step = `step ${at}, ${told.label}, ${asked}`;
    throw new Error(`the engines differ at ${step}\n  Node: ${show(told)}\n  QuickJS: ${show(other)}`);
  }
  if (node.state !== quickjs.state) {
    throw new Error(`the states differ\n  Node: ${node.state}\n  QuickJS: ${quickjs.state}`);
  }
}
