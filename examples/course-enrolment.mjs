// An event store with dynamic consistency boundaries: a student takes at most so many courses, a course has
// at most so many seats, and one condition guards both. Run it twice: it goes on where it was.

import { fileURLToPath } from 'node:url'
import { isDaybookError, json, open } from 'daybook'

export const coursesPerStudent = 3
export const seatsPerCourse = 5

/** Enrols, or says why not. What it reads to decide is what must not have changed when it is written. */
export async function enrol(book, student, course) {
  const tags = [`student:${student}`, `course:${course}`]
  const match = { any: tags }
  while (true) {
    let courses = 0
    let seats = 0
    let after = -1
    for await (const { seqnum, value } of book.read({ match })) {
      if (value.student === student && value.course === course) return 'is enrolled already'
      if (value.student === student) courses++
      if (value.course === course) seats++
      after = seqnum
    }
    if (courses >= coursesPerStudent) return 'takes enough courses'
    if (seats >= seatsPerCourse) return 'finds no seat'
    try {
      await book.append({ student, course }, { tags, expect: { match, after } })
      return 'is enrolled'
    } catch (error) {
      // Somebody was faster, in this course or for this student: look again.
      if (!isDaybookError(error) || error.code !== 'ERR_DAYBOOK_CONFLICT') throw error
    }
  }
}

async function main() {
  const log = await open('./enrolment')
  const book = log.book('enrolment', { codec: json })
  const wishes = []
  for (let student = 0; student < 12; student++) {
    for (let course = 0; course < 4; course++) wishes.push(enrol(book, student, course))
  }
  await Promise.all(wishes)

  const perStudent = new Map()
  const perCourse = new Map()
  let enrolled = 0
  for await (const { value } of book.read()) {
    enrolled++
    perStudent.set(value.student, (perStudent.get(value.student) ?? 0) + 1)
    perCourse.set(value.course, (perCourse.get(value.course) ?? 0) + 1)
  }
  console.log('enrolled:', enrolled)
  const holds =
    Math.max(...perStudent.values()) <= coursesPerStudent && Math.max(...perCourse.values()) <= seatsPerCourse
  console.log('both limits hold:', holds)
  await log.close()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
