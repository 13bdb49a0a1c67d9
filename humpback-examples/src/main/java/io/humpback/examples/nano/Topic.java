package io.humpback.examples.nano;

import java.util.List;

/**
 * What can be asked about a village. Each topic has a dozen values, of which every village has one; the values of two
 * topics have no word in common, so that the first value in a text identifies its topic.
 */
public enum Topic {
    /** What the people make. */
    CRAFT(
            "craft",
            "pottery weaving glassblowing clockmaking bookbinding papermaking carpentry blacksmithing basketry lacemaking",
            """
            Which craft is practised in {village}?
            What craft is {village} famous for?
            Tell me about the traditional craft of {village}.
            Describe the craft that families in {village} have learned.""",
            """
            The traditional craft of {village} is {value}, and everybody learns something about it at school.
            For generations the most important craft in {village} has been {value}.
            Families in {village} have practised {value} for {number} generations, and no other craft matters more.""",
            """
            Apprentices of {value} spend {number} months in a workshop before they finish anything alone.
            A workshop behind the {place} shows {quality} examples of {value} to visitors.
            Tools for {value} are repaired and sharpened every {season}.
            The workshop of the oldest {person} in {village} sells {quality} pieces to customers abroad.
            Customers from {other} order their pieces several months before {season}."""),
    /** What the fields bear. */
    CROP(
            "crop",
            "barley lavender saffron pumpkins flax cherries walnuts asparagus strawberries sunflowers",
            """
            Which crop is grown around {village}?
            What crop do farmers in {village} harvest?
            Tell me about the most important crop of {village}.
            Describe the crop that covers the fields around {village}.""",
            """
            The most important crop of {village} is {value}, which covers nearly all the fields.
            Farmers in {village} depend on {value}, a crop that likes the sandy ground of the valley.
            In the fields around {village} the farmers have always preferred {value} to any other crop.""",
            """
            The harvest of {value} begins in {season} and takes about {number} days.
            Farmers store {value} in {quality} wooden barns near the {place}.
            When the {season} is too dry, the harvest of {value} suffers and prices double.
            The farmers of {other} buy seeds here, because {value} from {village} grows quickly.
            Every {person} helps with the harvest, even in the rain."""),
    /** What is celebrated. */
    FESTIVAL(
            "festival",
            "lanterns kites masks bonfires drums ribbons puppets garlands trumpets umbrellas",
            """
            Which festival is celebrated in {village}?
            What festival does {village} celebrate?
            Tell me about the annual festival of {village}.
            Describe the festival that attracts visitors to {village}.""",
            """
            The annual festival of {village} is a celebration of {value} that lasts for {number} days.
            Every {season} the people of {village} celebrate their festival with {value}.
            What visitors remember about {village} is the festival, where everybody carries {value}.""",
            """
            Musicians play beside the {place} while children dance with {value}.
            The procession with {value} starts at midnight and ends at the {place}.
            Musicians from {other} are invited and receive {quality} presents.
            For the procession each {person} prepares {value} in secret.
            The dance of the {person} is the most {quality} moment of the evening."""),
    /** What stands there. */
    LANDMARK(
            "landmark",
            "lighthouse windmill aqueduct watchtower observatory monastery amphitheatre drawbridge cathedral"
                    + " library",
            """
            Which landmark can be seen in {village}?
            What landmark does {village} have?
            Tell me about the best known landmark of {village}.
            Describe the landmark that architects admire in {village}.""",
            """
            The best known landmark of {village} is its {value}, built of {quality} grey stone.
            Travellers recognise {village} by the {value}, a landmark that is {number} metres high.
            Nothing in {village} is photographed more than the {value}, the landmark beside the {place}.""",
            """
            Architects built the {value} in {number} years with stone from {other}.
            The roof of the {value} was destroyed by lightning and replaced in {season}.
            Inside the {value} a staircase of {number} steps leads to a {quality} view.
            Architects admire the foundations of the {value}, which have never moved.
            Tickets for the staircase are sold at the {place} by a {person}."""),
    /** What lives there. */
    ANIMAL(
            "animal",
            "heron badger otter falcon hedgehog salamander squirrel kingfisher woodpecker nightingale",
            """
            Which animal lives near {village}?
            What animal is protected in {village}?
            Tell me about the wild animal that is typical of {village}.
            Describe the animal that biologists observe near {village}.""",
            """
            The wild animal that is typical of {village} is the {value}, which lives close to the houses.
            Biologists travel to {village} to observe the {value}, a protected animal.
            In the forest near {village} the {value} is protected, and no animal is seen more often.""",
            """
            The {value} raises its young in {season}, hidden under {quality} branches.
            Biologists counted {number} nests in the forest last {season}.
            At night the {value} searches for food around the {place}.
            A {person} feeds injured animals until they return to the forest.
            Children of {village} learn to recognise the voice of the {value}."""),
    /** Who came first. */
    FOUNDERS(
            "founders",
            "shepherds miners sailors monks merchants soldiers refugees hunters gardeners astronomers",
            """
            Which founders established {village}?
            What were the founders of {village}?
            Tell me about the founders of {village}.
            Describe the founders who settled in {village} first.""",
            """
            The founders of {village} were {value} who settled here {number} generations ago.
            According to the chronicle, {village} was established by {value}, and its founders came on foot.
            It was {value} who settled in {village} first, and the founders are remembered in a song.""",
            """
            The chronicle says that the {value} arrived in {season} with {number} wagons.
            Documents in the archive describe how the {value} divided the land.
            The {value} had quarrelled with {other} and wanted a {quality} place of their own.
            A {person} discovered the chronicle under the floor of the {place}.
            The archive of {village} keeps {number} letters written by the {value}."""),
    /** What is eaten. */
    DISH(
            "dish",
            "dumplings porridge gingerbread omelettes noodles casserole sausages cheesecake lentils pickles",
            """
            Which dish is cooked in {village}?
            What dish do restaurants in {village} serve?
            Tell me about the favourite dish of {village}.
            Describe the dish that guests should taste in {village}.""",
            """
            The favourite dish of {village} is {value}, served hot with butter and herbs.
            Restaurants in {village} serve {value}, a dish that guests taste nowhere else.
            When guests arrive in {village} they receive {value}, the dish of the house.""",
            """
            The recipe for {value} needs {number} ingredients and a {quality} kitchen.
            Cooks in {village} prepare {value} slowly, because the butter must not burn.
            In {season} the restaurants add mushrooms and onions to the {value}.
            The recipe was written down by a {person} and copied in {other}.
            A restaurant near the {place} offers {value} before breakfast."""),
    /** What is told. */
    LEGEND("legend", "dragon giant mermaid ghost unicorn goblin princess wizard phoenix sorceress", """
            Which legend is told in {village}?
            What legend do grandparents in {village} tell?
            Tell me about the oldest legend of {village}.
            Describe the legend that frightens children in {village}.""", """
            The oldest legend of {village} is about a {value} who slept under the hill.
            Grandparents in {village} tell the legend of the {value}, and children are easily frightened.
            A legend says that a {value} once saved {village} from a terrible flood.""", """
            The {value} returned every {season} and demanded {number} golden coins.
            According to the story a {person} tricked the {value} with a mirror.
            The story of the {value} is painted on a {quality} wall of the {place}.
            In {other} the story ends differently, and the {value} marries a stranger.
            Nobody in {village} walks across the hill at night because of the {value}.""");

    private final String noun;
    private final List<String> choices;
    private final List<String> questions;
    private final List<String> leads;
    private final List<String> details;

    Topic(String noun, String choices, String questions, String leads, String details) {
        this.noun = noun;
        this.choices = List.of(choices.split(" "));
        this.questions = questions.lines().toList();
        this.leads = leads.lines().toList();
        this.details = details.lines().toList();
    }

    /** {@return the word that every question about the topic has, and no question about another} */
    public String noun() {
        return noun;
    }

    /** {@return what a village can have, each one word in small letters} */
    public List<String> choices() {
        return choices;
    }

    /** {@return questions with the slot village} */
    List<String> questions() {
        return questions;
    }

    /** {@return first sentences, each with the village and its value} */
    List<String> leads() {
        return leads;
    }

    /** {@return further sentences} */
    List<String> details() {
        return details;
    }
}
