import {
  type DisposableResult,
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from 'quickjs-emscripten-core';
import type { JsonObject } from '../../../src/base/json.ts';
import { type Engine, readProgramLine } from './engine.ts';

const STACK_BYTES_MAX = 256 * 1024;
/** QuickJS asks every 10,000 jumps or so; an apply of ours takes a handful of them. */
const INTERRUPTS_PER_CALL_MAX = 200;

/** What `qjs --std` would give, as far as the SDK's twin uses it, on top of five functions of the host. */
const STD = `
  const { host } = globalThis;
  const out = (take) => ({ puts: (text) => take(String(text)), flush() {} });
  globalThis.std = { out: out(host.out), err: out(host.err), exit: (code) => { throw host.exit(code); } };
  globalThis.os = {
    setReadHandler(fd, ready) { host.hear(ready); },
    read(fd, buffer, offset, length) {
      const part = new Uint8Array(host.input(length));
      new Uint8Array(buffer, offset).set(part);
      return part.length;
    },
  };
  delete globalThis.host;
`;

/**
 * A bundle inside QuickJS compiled to WebAssembly: its own heap with the memory limit of the dapp's manifest, its own
 * stack, and a bound on the work of a call that counts jumps and no seconds, so that a slow machine changes nothing.
 */
export class QuickJsEngine implements Engine {
  readonly #vm: QuickJSContext;
  readonly #lines: string[] = [];
  #ready: QuickJSHandle | undefined;
  #input: Uint8Array = new Uint8Array(0);
  #unfinished = '';
  #said = '';
  #ended = false;
  #failed = false;
  #interrupts = 0;

  private constructor(vm: QuickJSContext) {
    this.#vm = vm;
  }

  /** `file` only names the bundle in stack traces. */
  static async start(bundle: string, file: string, memoryMib: number): Promise<QuickJsEngine> {
    // An instance of its own: what a program that was cut off has left behind goes with it.
    const module = await newQuickJSWASMModuleFromVariant(import('@jitl/quickjs-wasmfile-release-sync'));
    const runtime = module.newRuntime({
      memoryLimitBytes: memoryMib * 1024 * 1024,
      maxStackSizeBytes: STACK_BYTES_MAX,
    });
    const engine = new QuickJsEngine(runtime.newContext());
    runtime.setInterruptHandler(() => ++engine.#interrupts > INTERRUPTS_PER_CALL_MAX);
    engine.#putHost();
    engine.#evaluate(STD, 'std.js');
    engine.#evaluate(bundle, file);
    return engine;
  }

  async ask(line: string, answer: (request: JsonObject) => string): Promise<string> {
    this.#interrupts = 0;
    this.#feed(`${line}\n`);
    for (let said = this.#lines.shift(); said !== undefined; said = this.#lines.shift()) {
      const message = readProgramLine(said);
      if ('answer' in message) return message.answer;
      this.#feed(`${answer(message.request)}\n`);
    }
    this.#failed = true;
    throw new Error(`QuickJS answered nothing: ${this.#said}`);
  }

  /** The value of an expression as text, to look at the engine itself. */
  evaluate(expression: string): string {
    this.#interrupts = Number.NEGATIVE_INFINITY;
    using value = this.#unwrap(this.#vm.evalCode(expression));
    return this.#vm.getString(value);
  }

  async stop(): Promise<void> {
    // Freed in order, QuickJS checks that nothing of ours is left; after an interruption something of its own is.
    if (this.#failed) return;
    const { runtime } = this.#vm;
    this.#ready?.dispose();
    this.#vm.dispose();
    runtime.dispose();
  }

  #putHost(): void {
    const vm = this.#vm;
    using host = vm.newObject();
    const put = (name: string, run: (...given: QuickJSHandle[]) => QuickJSHandle | undefined): void => {
      using made = vm.newFunction(name, (...given) => run(...given) ?? vm.undefined);
      vm.setProp(host, name, made);
    };
    put('out', (text) => this.#takeOut(vm.getString(text ?? vm.undefined)));
    put('err', (text) => {
      this.#said += vm.getString(text ?? vm.undefined);
      return undefined;
    });
    put('exit', (code) => {
      this.#ended = true;
      this.#said += `left with ${vm.getNumber(code ?? vm.undefined)}`;
      return vm.newError('left');
    });
    put('hear', (ready) => {
      this.#ready = ready?.dup();
      return undefined;
    });
    put('input', (length) => {
      const most = vm.getNumber(length ?? vm.undefined);
      const part = this.#input.slice(0, most);
      this.#input = this.#input.subarray(most);
      return vm.newArrayBuffer(part.buffer);
    });
    vm.setProp(vm.global, 'host', host);
  }

  #takeOut(text: string): undefined {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    this.#lines.push(...lines);
  }

  #evaluate(code: string, file: string): void {
    this.#interrupts = 0;
    this.#unwrap(this.#vm.evalCode(code, file, { type: 'module' })).dispose();
    this.#runJobs();
  }

  #feed(text: string): void {
    this.#input = new TextEncoder().encode(text);
    while (this.#input.length > 0) {
      if (this.#ended || this.#ready === undefined) throw new Error(`QuickJS does not listen: ${this.#said}`);
      this.#unwrap(this.#vm.callFunction(this.#ready, this.#vm.undefined)).dispose();
      this.#runJobs();
    }
  }

  #runJobs(): void {
    const ran = this.#vm.runtime.executePendingJobs();
    if (ran.error) this.#unwrap(ran);
    if (this.#interrupts <= INTERRUPTS_PER_CALL_MAX) return;
    // Inside a promise the interruption only rejects that promise.
    this.#failed = true;
    throw new Error(`QuickJS was interrupted ${this.#said}`);
  }

  /** Not `vm.unwrapResult`: its error holds the whole engine, and whoever prints it prints that. */
  #unwrap(result: DisposableResult<QuickJSHandle, QuickJSHandle>): QuickJSHandle {
    if (!result.error) return result.value;
    using error = result.error;
    this.#failed = true;
    const { name, message, stack } = this.#vm.dump(error) ?? {};
    throw new Error(`QuickJS threw ${name}: ${message}\n${stack}${this.#said}`);
  }
}
