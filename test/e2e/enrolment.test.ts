// The course enrolment of examples/: thousands race, and both limits hold.

import t from 'tap'
import { json, type Log, open } from '../../src/index.js'
import { openMemory } from '../../src/log/memory-log.js'
import type { Book } from '../../src/log/types.js'
import { tempDirectory } from '../support/temp-directory.js'

interface Enrolment {
  readonly student: number
  readonly course: number
}
interface Example {
  readonly coursesPerStudent: number
  readonly seatsPerCourse: number
  enrol(book: Book<Enrolment>, student: number, course: number): Promise<string>
}

const students = 50
const courses = 40

async function race(t: { equal(a: unknown, b: unknown, what: string): void }, logs: readonly Log[]) {
  const path = new URL('../../examples/course-enrolment.mjs', import.meta.url).href
  const { coursesPerStudent, seatsPerCourse, enrol } = (await import(path)) as Example
  const books = logs.map((log) => log.book<Enrolment>('enrolment', { codec: json }))
  const wishes: Promise<string>[] = []
  for (let course = 0; course < courses; course++) {
    for (let student = 0; student < students; student++) {
      wishes.push(enrol(books[wishes.length % books.length] as Book<Enrolment>, student, course))
    }
  }
  const answers = await Promise.all(wishes)
  const enrolled = answers.filter((answer) => answer === 'is enrolled').length
  const [byStudent, byCourse] = [new Map<number, number>(), new Map<number, number>()]
  let records = 0
  for await (const { value } of (books[0] as Book<Enrolment>).read()) {
    records++
    byStudent.set(value.student, (byStudent.get(value.student) ?? 0) + 1)
    byCourse.set(value.course, (byCourse.get(value.course) ?? 0) + 1)
  }
  t.equal(records, enrolled, 'each that was told so is enrolled, and nobody else')
  t.equal(Math.max(...byStudent.values()), coursesPerStudent, 'courses of a student')
  t.equal(Math.max(...byCourse.values()) <= seatsPerCourse, true, 'seats of a course')
  // Nobody was turned away without a reason: who still has room finds no seat anywhere.
  answers.forEach((answer, wish) => {
    const [student, course] = [wish % students, Math.floor(wish / students)]
    if (answer === 'finds no seat') t.equal(byCourse.get(course), seatsPerCourse, `course ${course} is full`)
    if (answer === 'takes enough courses') {
      t.equal(byStudent.get(student), coursesPerStudent, `student ${student} has enough`)
    }
  })
}

t.test('thousands of racing enrolments keep both limits', async (t) => {
  const { path, remove } = await tempDirectory()
  t.teardown(remove)
  const logs = await Promise.all([open(path), open(path), open(path)])
  try {
    await race(t, logs)
  } finally {
    await Promise.all(logs.map((log) => log.close()))
  }
})

t.test('and in memory', async (t) => {
  const log = await openMemory()
  await race(t, [log])
  await log.close()
})
