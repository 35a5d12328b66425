using Chipassets;
using UnityEngine;

/// <summary>Plays title, overworld, battle, victory, and back; keys 1 to 4, and up and down.</summary>
public class Example : MonoBehaviour
{
    public ChipassetsMusic music;

    void Start()
    {
        music.Enter("title");
    }

    void Update()
    {
        if (Input.GetKeyDown(KeyCode.Alpha1)) music.Enter("title");
        if (Input.GetKeyDown(KeyCode.Alpha2)) music.Enter("overworld");
        if (Input.GetKeyDown(KeyCode.Alpha3)) music.Enter("battle", when: "beat");
        if (Input.GetKeyDown(KeyCode.Alpha4))
        {
            music.Sting("victory", "beat");
            music.Leave(when: "bar");
        }
        if (Input.GetKeyDown(KeyCode.UpArrow)) music.Intensity(1);
        if (Input.GetKeyDown(KeyCode.DownArrow)) music.Intensity(0);
    }
}
