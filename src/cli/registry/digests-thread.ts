import { parentPort, workerData } from 'node:worker_threads'
import { digestEach } from './digest-each.ts'

/** A thread of `digestsOf`: reads its share of the files, and ends. */
parentPort?.postMessage(digestEach(workerData as readonly string[]))
