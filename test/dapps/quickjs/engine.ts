import type { Json, JsonObject } from '../../../src/base/json.ts';

/** A program that speaks the line protocol, whatever runs it. */
export interface Engine {
  /**
   * Sends one call, which holds no line break; `answer` answers what the program asks meanwhile. Resolves with the
   * line that answers the call, without its line break. Rejects when the program ends or says nothing more.
   */
  ask(line: string, answer: (request: JsonObject) => string): Promise<string>;
  stop(): Promise<void>;
}

/** A program's message: a request of its own, or the answer to the one call that is open. */
export function readProgramLine(line: string): { readonly request: JsonObject } | { readonly answer: string } {
  const message = JSON.parse(line) as JsonObject;
  return typeof message.method === 'string' ? { request: message } : { answer: line };
}

export function callLine(id: number, method: string, params: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function answerLine(id: Json, result: Json): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}
