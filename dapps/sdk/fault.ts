/**
 * What a dapp refuses, told so that a program can branch on it: the SDK's counterpart of the node's coded errors,
 * which a dapp cannot import. Uses nothing that QuickJS lacks.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  /** Stable snake_case identifier; documented, never reworded. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
