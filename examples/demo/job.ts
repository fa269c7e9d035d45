/** The job both agents do: decide whether applicant 7 is short-listed. All data is made up. */
export const question = "Decide on applicant 7 for job 12: short-list or not? Give one sentence of reasons.";

export const instructions =
  "You screen CVs. Look up the job's requirements, score the applicant, then decide. Use each tool once.";

export const requirements: { pageContent: string; metadata: { source: string } }[] = [
  { pageContent: "Job 12 needs five years of experience in accounting.", metadata: { source: "jobs/12.md" } },
  {
    pageContent: "Job 12 needs a degree in business or an equivalent.",
    metadata: { source: "jobs/12-degree.md" },
  },
];

/** The parameters of both tools, as plain JSON Schema: both frameworks take it. */
export const toolSchemas: Record<
  "job_requirements" | "score_applicant",
  { description: string; parameters: object }
> = {
  job_requirements: {
    description: "Finds what a job asks for.",
    parameters: {
      type: "object",
      properties: { job: { type: "integer", description: "The job's number" } },
      required: ["job"],
      additionalProperties: false,
    },
  },
  score_applicant: {
    description: "Scores an applicant from 0 to 1 against the job's requirements.",
    parameters: {
      type: "object",
      properties: { applicant: { type: "integer", description: "The applicant's number" } },
      required: ["applicant"],
      additionalProperties: false,
    },
  },
};

/** What the scoring tool does: the applicant has the years but not the degree. */
export function scoreApplicant(applicant: number): { applicant: number; score: number; reasons: string[] } {
  return { applicant, score: 0.82, reasons: ["six years of experience", "no degree"] };
}

/** What a person decides where no terminal is there to ask one. The demo says that it is used. */
export const statedAnswer = {
  reason: "The degree is missing and nothing equivalent was shown.",
  final: "Do not short-list applicant 7: the required degree is missing.",
};
