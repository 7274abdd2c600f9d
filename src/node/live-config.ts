import type { Config } from './config.ts';

/**
 * The configuration that this node runs with now. Whoever needs its readers, inputs or outputs asks here each time, and
 * keeps none of them: a reload puts others in their place. All else stays as it was at the start.
 */
export class LiveConfig {
  #now: Config;

  constructor(config: Config) {
    this.#now = config;
  }

  get now(): Config {
    return this.#now;
  }

  become(config: Config): void {
    this.#now = config;
  }
}
