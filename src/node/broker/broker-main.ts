import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { dropGarbage } from '../garbage.ts';
import { BrokerService } from './broker-service.ts';
import { giveWay } from './priority.ts';
import { type BrokerThreadData, errorParts, type FromBroker, type ToBroker } from './thread-messages.ts';

// The thread of the broker; `BrokerThread` starts it.

async function serve(port: MessagePort, data: BrokerThreadData): Promise<void> {
  const say = (message: FromBroker, moved: readonly ArrayBuffer[] = []) => port.postMessage(message, moved);
  try {
    const service = new BrokerService(data, say);
    await service.start();
    port.on('message', (message: ToBroker) => service.take(message));
    say({ type: 'ready' });
    dropGarbage();
  } catch (error) {
    say({ type: 'failed', error: errorParts(error) });
  }
}

assert(parentPort !== null, 'this runs as a thread of the node');
giveWay();
await serve(parentPort, workerData as BrokerThreadData);
