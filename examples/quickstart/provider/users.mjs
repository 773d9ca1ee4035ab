// The people that the development provider knows. Name and password are the same for all, and shown on the sign-in page.

const people = [
  {
    name: "alice",
    password: "alice",
    claims: { email: "alice@example.com", email_verified: true, name: "Alice Liddell", groups: ["admins", "readers"] },
  },
  {
    // A name that needs encoding in a header, and a group with a separator in it.
    name: "bob",
    password: "bob",
    claims: { email: "bob@example.com", email_verified: true, name: "Bøb Müller 鮑勃", groups: ["readers", "R&D, Oslo"] },
  },
  {
    // Has nothing but a subject: every other identity header is there, and empty.
    name: "carol",
    password: "carol",
    claims: {},
  },
];

/** Name and password of everybody, to be shown. */
export const everybody = people.map(({ name, password }) => ({ name, password }));

/** The subject that this name and password belong to; undefined for any other. */
export function signIn(name, password) {
  const person = people.find((person) => person.name === name && person.password === password);
  return person && subject(person);
}

/** An account as oidc-provider wants it; undefined for an unknown subject. */
export function account(sub) {
  const person = people.find((person) => subject(person) === sub);
  return (
    person && {
      accountId: sub,
      claims: () => ({
        sub,
        ...(Object.keys(person.claims).length > 0 && { preferred_username: person.name }),
        ...person.claims,
      }),
    }
  );
}

// A subject is not a name: applications that mix them up are found out early.
function subject(person) {
  return `user-${person.name}-1`;
}
