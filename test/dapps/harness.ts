import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/base/json.ts';
import { compileEntryCheck, type EntryCheck } from '../../src/sandbox/entry-check.ts';
import { type Manifest, parseManifest } from '../../src/sandbox/manifest.ts';
import { MemoryState } from '../../src/sandbox/memory-state.ts';
import { answerRead, answerScan } from '../../src/sandbox/state-calls.ts';

type Answer = (method: string, params: JsonObject) => Json;

/** The node's end of a line, played by the test: what the dapp asks is answered by `answer`. */
export class NodeEnd {
  /** Every message the dapp sent, in order. */
  readonly sent: JsonObject[] = [];
  readonly #send: (line: string) => void;
  readonly #answer: Answer;
  readonly #waiting = new Map<number, PromiseWithResolvers<Json>>();
  #lastId = 0;

  /** @param send takes one line to the dapp, newline included. */
  constructor(send: (line: string) => void, answer: Answer) {
    this.#send = send;
    this.#answer = answer;
  }

  /** Rejects with the dapp's code. */
  call(method: string, params: JsonObject): Promise<Json> {
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<Json>();
    this.#waiting.set(id, waiting);
    this.#write({ jsonrpc: '2.0', id, method, params });
    return waiting.promise;
  }

  notify(method: string, params: JsonObject): void {
    this.#write({ jsonrpc: '2.0', method, params });
  }

  /** Takes one line from the dapp. */
  receive(line: string): void {
    const message = JSON.parse(line) as JsonObject;
    this.sent.push(message);
    const { id, method, params, result, error } = message;
    if (typeof method === 'string') {
      this.#write(reply(id ?? null, () => this.#answer(method, params as JsonObject)));
      return;
    }
    const waiting = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    if (isJsonObject(error)) {
      const code = isJsonObject(error.data) ? String(error.data.code) : 'none';
      waiting?.reject(new CodedError(code, String(error.message)));
    } else waiting?.resolve(result ?? null);
  }

  /** Nothing comes any more: whoever waits is told so. */
  end(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new CodedError('program_gone', reason));
  }

  #write(message: JsonObject): void {
    this.#send(`${JSON.stringify(message)}\n`);
  }
}

/** A dapp's program as a real process, with the test at the other end of its line. */
export class Program {
  readonly child: ChildProcess;
  /** Resolves with the exit code (null after a signal). */
  readonly exited: Promise<number | null>;
  stderr = '';
  readonly #end: NodeEnd;

  constructor(t: Test, folder: string, file: string, answer: Answer) {
    this.#end = new NodeEnd((line) => this.write(line), answer);
    this.child = spawn(process.execPath, [file], { cwd: folder, stdio: 'pipe', env: {} });
    const { stdin, stdout, stderr } = this.child;
    if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes');
    stdin.on('error', () => {});
    stderr.on('data', (bytes) => {
      this.stderr += bytes;
    });
    this.exited = new Promise((resolve) => {
      this.child.once('close', (code) => {
        this.#end.end(this.stderr);
        resolve(code);
      });
    });
    createInterface({ input: stdout }).on('line', (line) => this.#end.receive(line));
    t.teardown(async () => {
      this.child.kill('SIGKILL');
      await this.exited;
    });
  }

  get sent(): readonly JsonObject[] {
    return this.#end.sent;
  }

  /** Rejects with the program's code. */
  call(method: string, params: JsonObject): Promise<Json> {
    return this.#end.call(method, params);
  }

  notify(method: string, params: JsonObject): void {
    this.#end.notify(method, params);
  }

  write(bytes: string | Uint8Array): void {
    this.child.stdin?.write(bytes);
  }
}

function reply(id: Json, run: () => Json): JsonObject {
  try {
    return { jsonrpc: '2.0', id, result: run() };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { jsonrpc: '2.0', id, error: { code: -32000, message: error.message, data: { code: error.code } } };
  }
}

export function folderOf(dapp: string): string {
  return join(import.meta.dirname, '../../dapps', dapp);
}

export function manifestOf(dapp: string): Manifest {
  return parseManifest(readFileSync(join(folderOf(dapp), 'dapp.json'), 'utf8'));
}

export interface Entry {
  readonly kind: string;
  readonly body: JsonObject;
  readonly ms?: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly code: string | undefined;
}

/** A real contract process over a state in memory; it keeps nothing between calls, so one serves many histories. */
export class ContractUnderTest {
  readonly manifest: Manifest;
  readonly program: Program;
  state = new MemoryState();
  readonly #entries: EntryCheck;
  #index = 0;

  constructor(t: Test, dapp: string) {
    this.manifest = manifestOf(dapp);
    this.#entries = compileEntryCheck(this.manifest);
    this.program = new Program(t, folderOf(dapp), 'contract.ts', (method, params) =>
      method === 'read' ? answerRead(this.manifest, this.state, params) : answerScan(this.manifest, this.state, params),
    );
  }

  reset(given: Readonly<Record<string, JsonObject>> = {}): void {
    this.#index = 0;
    this.state = new MemoryState();
    for (const [dapp, rows] of Object.entries(given)) {
      this.state.write(
        dapp,
        Object.entries(rows).map(([key, value]) => ({ key, value })),
      );
    }
  }

  /** As the node does it: the schema first, then the contract, then its writes. */
  async apply({ kind, body, ms = 1_767_225_600_000 }: Entry): Promise<Verdict> {
    try {
      this.#entries.check(kind, body);
    } catch (error) {
      return { ok: false, code: error instanceof CodedError ? error.code : 'bug' };
    }
    const { name, version } = this.manifest;
    const answer = (await this.program.call('apply', {
      entry: { dapp: name, ver: version, kind, re: null, body, block: 'block', index: this.#index++ },
      author: { key: '00'.repeat(32), principal: 'p-admin', node: null },
      roles: ['admin'],
      at: { ms, quality: 'synced' },
      reads: {},
      seed: '11'.repeat(32),
    })) as { ok: boolean; code?: string; writes?: { key: string; value: Json }[] };
    if (answer.ok) this.state.write(name, answer.writes ?? []);
    return { ok: answer.ok, code: answer.code };
  }

  query(name: string, params: JsonObject): Promise<Json> {
    return this.program.call('query', { name, params });
  }

  /** The dapp's whole state, key by key. */
  rows(prefix = ''): readonly { readonly key: string; readonly value: Json }[] {
    return this.state.scan(this.manifest.name, prefix, null, Number.MAX_SAFE_INTEGER).rows;
  }
}
