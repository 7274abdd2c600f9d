import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** A process of Debian's Python with the template engine that Home Assistant uses (package python3-jinja2). */
export class Jinja {
  readonly #process = execa('/usr/bin/python3', [fileURLToPath(new URL('jinja.py', import.meta.url))], {
    buffer: false,
    stdin: 'pipe',
  });
  readonly #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();

  /** The text that `template` becomes; `payload` is a message that Home Assistant received. */
  async render(template: string, variables: { readonly payload?: string; readonly value?: string }): Promise<string> {
    this.#process.stdin.write(`${JSON.stringify({ template, variables })}\n`);
    const { value } = await this.#lines.next();
    const { text, error } = JSON.parse(String(value)) as { text?: string; error?: string };
    if (text === undefined) throw new Error(`${error} in ${template}`);
    return text;
  }

  async stop(): Promise<void> {
    this.#process.stdin.end();
    await this.#process;
  }
}
