import { test } from 'uvu'
import { testHostPlans } from './cases.ts'

testHostPlans('plan/daemon-reload')

test.run()
