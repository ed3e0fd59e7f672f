// Keep the interested leads as customers, with amqplib and Node's own SQLite.

import { DatabaseSync } from 'node:sqlite';
import amqp from 'amqplib';

const TYPES = ['lead_interested_created', 'lead_not_interested_created', 'lead_erased'];
const QUEUE = 'billing.leads';
const ARGUMENTS = {
  'x-queue-type': 'quorum',
  'x-delivery-limit': 1e6, // what cannot be stored just now comes again
  'x-max-length-bytes': 2 ** 30, // too long: the oldest go
  'x-expires': 14 * 24 * 3600 * 1000, // unread for two weeks: it goes
};
const database = new DatabaseSync('billing.db'); // a statement, a transaction
database.exec(`CREATE TABLE IF NOT EXISTS customers (lead_id PRIMARY KEY, email, rev);
  CREATE TABLE IF NOT EXISTS set_aside (event_id PRIMARY KEY, reason)`);
// Only the newer has an effect: so what comes again has none, and what comes late.
const take = database.prepare(`INSERT INTO customers VALUES (?, ?, ?)
  ON CONFLICT (lead_id) DO UPDATE
  SET email = excluded.email, rev = excluded.rev WHERE excluded.rev > rev`);
const setAside = database.prepare('INSERT OR IGNORE INTO set_aside VALUES (?, ?)');

function handle(body) {
  const { type, data } = JSON.parse(body);
  if (!TYPES.includes(type)) return; // a replay may bring every type
  const { lead, work = lead } = data;
  // Nothing is newer than an erasure. Without an email: no customer, or no more.
  take.run(lead.id, lead.email ?? null, type === 'lead_erased' ? 2 ** 53 : work.rev);
}

function settle({ content, properties }) {
  try {
    handle(content);
  } catch (error) {
    if (error.code === 'ERR_SQLITE_ERROR') throw error; // no fault of the message: it comes again
    setAside.run(properties.messageId ?? null, error.name); // the next ones go on
  }
}

// Any failure ends it: whatever runs it starts it again.
const connection = await amqp.connect(process.env.AMQP_URL, { timeout: 10_000 });
connection.on('close', () => process.exit(1));
const channel = await connection.createChannel();
await channel.prefetch(20);
await channel.assertQueue(QUEUE, { durable: true, arguments: ARGUMENTS });
for (const type of TYPES) await channel.bindQueue(QUEUE, 'leadwire.events', type);
await channel.bindQueue(QUEUE, 'leadwire.directed', QUEUE); // allows replays
await channel.consume(QUEUE, (message) => {
  settle(message); // of null, when the queue was deleted: it ends
  channel.ack(message);
});
