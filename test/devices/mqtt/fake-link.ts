import { CodedError } from '../../../src/base/errors.ts';
import type { MqttLink, MqttListener } from '../../../src/devices/mqtt/link.ts';

/** A link whose other end is the test. */
export class FakeLink implements MqttLink {
  topic = 'shed';
  isConnected = true;
  readonly sent: (readonly [topic: string, payload: string])[] = [];
  readonly listeners = new Set<MqttListener>();

  listen(listener: MqttListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  send(topic: string, payload: string): void {
    this.sent.push([topic, payload]);
  }

  open(): void {
    for (const { onState } of this.listeners) onState('open');
  }

  lose(): void {
    const cause = new CodedError('broker_down', 'no broker');
    for (const { onState } of this.listeners) onState('lost', cause);
  }

  says(topic: string, payload: string, isRetained = false): void {
    for (const { onMessage } of this.listeners) onMessage({ topic, payload: Buffer.from(payload), isRetained });
  }
}
