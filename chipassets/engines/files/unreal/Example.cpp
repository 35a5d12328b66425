// Plays title, overworld, battle, victory, and back: the keys 1 to 4, and up and down. Copy it into
// the source of your game's module, which needs "Chipassets" and "InputCore" among its
// PublicDependencyModuleNames, with this class declared in a header of yours:
//
//   UCLASS()
//   class AMusicExample : public APlayerController
//   {
//       GENERATED_BODY()
//   protected:
//       virtual void BeginPlay() override;
//       virtual void SetupInputComponent() override;
//   private:
//       UChipassetsMusic* Music() const;
//   };
#include "MusicExample.h"

#include "ChipassetsMusic.h"
#include "Components/InputComponent.h"
#include "Engine/GameInstance.h"

UChipassetsMusic* AMusicExample::Music() const
{
	return GetGameInstance()->GetSubsystem<UChipassetsMusic>();
}

void AMusicExample::BeginPlay()
{
	Super::BeginPlay();
	Music()->Enter(TEXT("title"));
}

void AMusicExample::SetupInputComponent()
{
	Super::SetupInputComponent();
	auto On = [this](FKey Key, TFunction<void()> Do)
	{
		FInputKeyBinding Binding(FInputChord(Key), IE_Pressed);
		Binding.KeyDelegate.GetDelegateForManualSet().BindLambda(MoveTemp(Do));
		InputComponent->KeyBindings.Add(Binding);
	};
	On(EKeys::One, [this] { Music()->Enter(TEXT("title")); });
	On(EKeys::Two, [this] { Music()->Enter(TEXT("overworld")); });
	On(EKeys::Three, [this] { Music()->EnterWith(TEXT("battle"), EMusicWhen::Beat, -1, EMusicHow::AsRuled, {}); });
	On(EKeys::Four, [this]
	{
		Music()->Sting(TEXT("victory"), EMusicWhen::Beat);
		Music()->Leave(EMusicWhen::Bar);
	});
	On(EKeys::Up, [this] { Music()->Intensity(1); });
	On(EKeys::Down, [this] { Music()->Intensity(0); });
}
